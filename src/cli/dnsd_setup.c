#include "cli/dnsd_setup.h"

#include "base/addr.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/run.h"
#include "cli/zone_text.h"
#include "crypto/mac.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DNSD_CONFIG SYSCONFDIR "/autotunnel-dnsd.conf"
#define DNSD_GROUP "autotunnel-dnsd"
#define CONFIG_MAX (1 << 20)

static const char first_lines[] =
    "# autotunnel-dnsd.conf(5), begun by \"autotunnel init --dnsd\".\n"
    "[server]\n"
    "tls-listen = 0.0.0.0 [::]\n"
    "\n";

static const char *
config_path(const struct dnsd_setup *s)
{
	return s->config != NULL ? s->config : DNSD_CONFIG;
}

static int
addresses_valid(const char *list)
{
	char copy[256], *save, *word;
	struct endpoint ep;
	int count = 0;

	if (str_copy(copy, sizeof copy, list) == -1)
		return 0;
	for (word = strtok_r(copy, ",", &save); word != NULL; word = strtok_r(NULL, ",", &save)) {
		if (endpoint_parse(word, 0, &ep) == -1 || ep.port != 0)
			return 0;
		count++;
	}
	return count > 0;
}

/* The configuration so far, at most CONFIG_MAX - 1 octets and NUL; "" when there is none; NULL
 * after a sentence.  The caller's to free. */
static char *
read_config(const char *path)
{
	char *text = calloc(1, CONFIG_MAX);
	ssize_t n = text == NULL ? -1 : file_read(path, text, CONFIG_MAX - 1);

	if (n != -1 || (text != NULL && errno == ENOENT))
		return text;
	cmd_warn("%s: %s", path, strerror(errno));
	free(text);
	return NULL;
}

static int
has_zone(const char *text, const char *domain)
{
	char section[MSG_NAME_MAX + 16];

	snprintf(section, sizeof section, "[zone %s]", domain);
	return strstr(text, section) != NULL;
}

/* The folder that its own configuration is in is made; another one must be there. */
static int
has_folder(const struct dnsd_setup *s)
{
	char copy[512], *folder;

	if (str_copy(copy, sizeof copy, config_path(s)) == -1) {
		cmd_warn("%s: %s", config_path(s), strerror(ENAMETOOLONG));
		return 0;
	}
	folder = dirname(copy);
	if ((s->config != NULL || dir_make(folder, 0755) == 0) && access(folder, W_OK) == 0)
		return 1;
	cmd_warn("%s: %s", folder, strerror(errno));
	return 0;
}

int
dnsd_setup_check(const struct dnsd_setup *s, const char *domain)
{
	int status = EXIT_OK;
	char *text;

	if (!addresses_valid(s->addresses)) {
		cmd_warn("--dnsd takes this server's addresses as the world sees them, without "
			 "ports, not \"%s\"",
		    s->addresses);
		return EXIT_USAGE;
	}
	text = has_folder(s) ? read_config(config_path(s)) : NULL;
	if (text == NULL)
		return EXIT_ERROR;
	if (has_zone(text, domain)) {
		cmd_warn(
		    "%s has a zone %s already: take it out to begin again", config_path(s), domain);
		status = EXIT_ERROR;
	}
	crypto_wipe(text, strlen(text));
	free(text);
	return status;
}

/* ---- the configuration ---- */

static void
print_config(
    const struct dnsd_setup *s, const char *before, const struct account *account, FILE *out)
{
	char addresses[256];
	struct zone_text z = {
	    .domain = account->domain, .key = &account->tsig, .keys = 1, .addresses = addresses};

	str_copy(addresses, sizeof addresses, s->addresses);
	for (char *p = addresses; *p != '\0'; p++)
		if (*p == ',')
			*p = ' ';
	fputs(*before == '\0' ? first_lines : before, out);
	if (*before != '\0' && before[strlen(before) - 1] != '\n')
		fputc('\n', out);
	if (*before != '\0')
		fputc('\n', out);
	zone_text_dnsd(&z, out);
}

/* A new file is root's, and the server may read it again when it is told to. */
static void
give_to_server(const char *path)
{
	const struct group *gr = getgrnam(DNSD_GROUP);

	if (gr == NULL || chown(path, (uid_t)-1, gr->gr_gid) == -1 || chmod(path, 0640) == -1)
		cmd_warn("%s: only root can read it, so that \"reload\" will not do", path);
}

static int
write_config(const struct dnsd_setup *s, const struct account *account)
{
	const char *path = config_path(s);
	char *before = read_config(path), *text = NULL;
	size_t len = 0;
	struct stat st;
	FILE *out = before == NULL ? NULL : open_memstream(&text, &len);
	int is_new = stat(path, &st) == -1, rc = -1;

	if (out != NULL) {
		print_config(s, before, account, out);
		if (fclose(out) == 0)
			rc = file_write_atomic(path, text, len, is_new ? 0600 : st.st_mode & 0777);
		if (rc == -1)
			cmd_warn("%s: %s", path, strerror(errno));
		else if (is_new)
			give_to_server(path);
		else if (chown(path, st.st_uid, st.st_gid) == -1)
			cmd_warn("%s: has another owner now: %s", path, strerror(errno));
		crypto_wipe(text, len);
	}
	if (before != NULL)
		crypto_wipe(before, strlen(before));
	free(before);
	free(text);
	return rc;
}

/* ---- programs ---- */

static void
show_pin(const char *path)
{
	char config[512], pin[128] = "";
	const char *const argv[] = {"autotunnel-dnsd", "-c", config, "--pin", NULL};

	snprintf(config, sizeof config, "%s", path);
	if (run_program(argv, -1, pin, sizeof pin) == 0 && pin[0] != '\0')
		printf("Name server's TLS pin: %s", pin);
	else
		cmd_warn("the name server's TLS pin is not known yet: \"autotunnel-dnsd --pin\" "
			 "prints it");
}

static void
start_unit(void)
{
	const char *const enable[] = {"systemctl", "--quiet", "enable", "autotunnel-dnsd", NULL};
	const char *const restart[] = {"systemctl", "restart", "autotunnel-dnsd", NULL};

	if (access("/run/systemd/system", F_OK) == -1)
		cmd_warn("start autotunnel-dnsd, and see that the system does when it boots");
	else if (run_program(enable, -1, NULL, 0) != 0 || run_program(restart, -1, NULL, 0) != 0)
		cmd_warn("the unit autotunnel-dnsd could not be enabled and started");
}

int
dnsd_setup(const struct dnsd_setup *s, const struct account *account)
{
	if (write_config(s, account) == -1)
		return EXIT_ERROR;
	show_pin(config_path(s));
	if (s->config == NULL)
		start_unit();
	cmd_warn("for the world to find %s, its parent zone must delegate it to %s",
	    account->domain, s->addresses);
	return EXIT_OK;
}
