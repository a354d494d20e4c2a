/*
 * Every interface of strongSwan is a struct of method pointers that a private struct begins with.
 * For each one that we use, an object is made and looked at as words: the slots of the struct as we
 * compiled it must all point into the text of libcharon or libstrongswan, and the word after them,
 * where the private part begins, must not.  That catches methods added or removed, and the build
 * option ME; it cannot see methods that changed places, so the version is compared as well.
 */
#include "ipsec/swan.h"

#include "ipsec/abi.h"

#include "ipsec/installed.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKAGE_WITH_LIBCHARON "strongswan-libcharon"
#define TEXTS_MAX 8

struct text {
	uintptr_t start, end;
};

static struct text texts[TEXTS_MAX];
static size_t ntexts;

static int
note_text(struct dl_phdr_info *info, size_t size, void *ctx)
{
	if (strstr(info->dlpi_name, "libcharon.so") == NULL &&
	    strstr(info->dlpi_name, "libstrongswan.so") == NULL)
		return 0;
	for (int i = 0; i < info->dlpi_phnum && ntexts < TEXTS_MAX; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X) != 0) {
			texts[ntexts].start = info->dlpi_addr + ph->p_vaddr;
			texts[ntexts++].end = info->dlpi_addr + ph->p_vaddr + ph->p_memsz;
		}
	}
	return 0;
}

static int
is_method(uintptr_t word)
{
	for (size_t i = 0; i < ntexts; i++)
		if (word >= texts[i].start && word < texts[i].end)
			return 1;
	return 0;
}

/* Does the object begin with size octets of methods? */
static int
has_methods(const void *object, size_t size)
{
	const uintptr_t *slot = object;

	for (size_t i = 0; i < size / sizeof *slot; i++)
		if (!is_method(slot[i]))
			return 0;
	return 1;
}

/* And is that all of them? */
static int
is_table(const void *object, size_t size)
{
	return has_methods(object, size) &&
	    !is_method(*(const uintptr_t *)((const char *)object + size));
}

#define CHECK(object, type)                                                                        \
	do {                                                                                       \
		if (!is_table(object, sizeof(type)))                                               \
			return #type;                                                              \
	} while (0)

/* Each returns the name of the first interface that differs, or NULL. */
static const char *
check_library(void)
{
	CHECK(lib->settings, settings_t);
	CHECK(lib->plugins, plugin_loader_t);
	CHECK(lib->processor, processor_t);
	CHECK(lib->scheduler, scheduler_t);
	CHECK(lib->credmgr, credential_manager_t);
	CHECK(lib->creds, credential_factory_t);
	CHECK(lib->crypto, crypto_factory_t);
	return NULL;
}

static const char *
check_daemon(void)
{
	if (!is_table(&charon->initialize, sizeof(daemon_t) - offsetof(daemon_t, initialize)))
		return "daemon_t";
	CHECK(charon->bus, bus_t);
	CHECK(charon->backends, backend_manager_t);
	if (!has_methods(charon->controller, sizeof(controller_t))) /* it has no private part */
		return "controller_t";
	CHECK(charon->socket, socket_manager_t);
	CHECK(charon->kernel, kernel_interface_t);
	return NULL;
}

static const char *
check_configs(void)
{
	ike_cfg_create_t ike_data = {.version = IKEV2, .local = "%any", .remote = "%any"};
	peer_cfg_create_t peer_data = {0};
	child_cfg_create_t child_data = {.mode = MODE_TUNNEL};
	ike_cfg_t *ike = ike_cfg_create(&ike_data);
	peer_cfg_t *peer = peer_cfg_create("abi", ike, &peer_data);
	child_cfg_t *child = child_cfg_create("abi", &child_data);

	CHECK(ike, ike_cfg_t);
	CHECK(peer, peer_cfg_t);
	CHECK(child, child_cfg_t);
	CHECK(auth_cfg_create(), auth_cfg_t);
	CHECK(mem_cred_create(), mem_cred_t);
	return NULL;
}

static const char *
check_ike_sa(void)
{
	ike_sa_t *sa;

	if (!lib->plugins->load(lib->plugins, "nonce openssl"))
		return "plugin_loader_t";
	charon->ike_sa_manager = ike_sa_manager_create();
	CHECK(charon->ike_sa_manager, ike_sa_manager_t);
	sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2, TRUE);
	CHECK(sa, ike_sa_t);
	return NULL;
}

static void
say_nothing(debug_t group, level_t level, char *fmt, ...)
{
}

static const char *
check_all(void)
{
	const char *wrong;

	dl_iterate_phdr(note_text, NULL);
	dbg = say_nothing;
	if (!library_init("", "autotunneld"))
		return "library_init";
	if ((wrong = check_library()) != NULL)
		return wrong;
	libcharon_init();
	if ((wrong = check_daemon()) != NULL || (wrong = check_configs()) != NULL)
		return wrong;
	return check_ike_sa();
}

static void __attribute__((noreturn)) child(int fd)
{
	const char *wrong;

	alarm(10);
	wrong = check_all();
	if (wrong != NULL && write(fd, wrong, strlen(wrong)) == -1)
		_exit(2);
	_exit(wrong != NULL);
}

/* In a child; its word, or its death, decides. */
static int
check_in_child(char why[MSG_TEXT_MAX])
{
	char wrong[64] = "";
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe(fds) == -1 || (pid = fork()) == -1) {
		snprintf(why, MSG_TEXT_MAX, "cannot start the self test of libcharon");
		return -1;
	}
	if (pid == 0)
		child(fds[1]);
	close(fds[1]);
	n = read(fds[0], wrong, sizeof wrong - 1);
	close(fds[0]);
	while (waitpid(pid, &status, 0) == -1)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	snprintf(why, MSG_TEXT_MAX,
	    "libcharon is not the %s this program was built for (%s differs); build it anew",
	    STRONGSWAN_VERSION, n > 0 ? wrong : "something");
	return -1;
}

static int
check_version(char why[MSG_TEXT_MAX])
{
	FILE *status = fopen(DPKG_STATUS, "re");
	char version[64];
	int known;

	if (status == NULL)
		return 0;
	known = installed_version(status, PACKAGE_WITH_LIBCHARON, version, sizeof version) == 0;
	fclose(status);
	if (!known || strcmp(version, STRONGSWAN_VERSION) == 0)
		return 0;
	snprintf(why, MSG_TEXT_MAX,
	    "strongSwan %s is installed, this program was built for %s; build it anew", version,
	    STRONGSWAN_VERSION);
	return -1;
}

int
abi_check(char why[MSG_TEXT_MAX])
{
	return check_version(why) == -1 ? -1 : check_in_child(why);
}
