// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A known load for the tests of the recorder: a message queue whose messages
 * need one kmalloc of a chosen size each, and accesses to an empty path.
 *
 *   record_load SIZE COUNT      prints its task id, then does it
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

/* A message is preceded by a header of 48 bytes in its block. */
#define HEADER 48

static struct {
	long type;
	char text[4000];
} message;

static volatile sig_atomic_t stop;

/* A queue outlives its process: it is to be removed in any case. */
static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

int main(int argc, char **argv)
{
	size_t size = argc > 1 ? strtoul(argv[1], NULL, 0) : 1285;
	long count = argc > 2 ? strtol(argv[2], NULL, 0) : 1000;
	int queue = msgget(IPC_PRIVATE, 0600), status = 0;

	if (queue < 0 || size < HEADER || size - HEADER > sizeof(message.text)) {
		perror("record_load");
		return 2;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	printf("%d\n", (int)gettid());
	fflush(stdout);
	for (long i = 0; i < count && !status && !stop; i++) {
		message.type = 1;
		if (msgsnd(queue, &message, size - HEADER, 0) ||
		    msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0)
			status = 2;
		access("", F_OK);
	}
	msgctl(queue, IPC_RMID, NULL);
	return status;
}
