#include "cli/run.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void
add_sbin(void)
{
	const char *old = getenv("PATH");
	char path[1024];

	snprintf(path, sizeof path, "%.900s:/usr/local/sbin:/usr/sbin:/sbin",
	    old != NULL ? old : "/usr/bin:/bin");
	setenv("PATH", path, 1);
}

static _Noreturn void
become(const char *const argv[], int in, int out)
{
	add_sbin();
	if (in != -1)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(RUN_NOT_FOUND);
}

/* The first line; what follows is left unread. */
static void
read_line(int fd, char *line, size_t size)
{
	FILE *f = fdopen(fd, "r");

	if (f == NULL || fgets(line, (int)size, f) == NULL)
		line[0] = '\0';
	if (f != NULL)
		fclose(f);
	else
		close(fd);
}

int
run_program(const char *const argv[], int in, char *line, size_t size)
{
	int pipefd[2], status;
	pid_t pid;

	fflush(NULL);
	if (pipe2(pipefd, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0)
		become(argv, in, line != NULL ? pipefd[1] : STDERR_FILENO);
	close(pipefd[1]);
	if (line != NULL)
		read_line(pipefd[0], line, size);
	else
		close(pipefd[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}
