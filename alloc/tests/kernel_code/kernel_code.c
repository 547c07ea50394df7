// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs one file of ordinary kernel code, linked with it, on a simulated
 * machine: its KUnit suite or its module_init(). What such code needs besides
 * the allocators (threads, completions, devices, printing) is here.
 *
 *   PROGRAM [machine=OPTION,...] [PARAMETER=VALUE...]
 *
 * Options of the machine: init_on_alloc, init_on_free. Exit status 0 when all
 * passed; of a module: when it returned 0 or -EAGAIN and nothing warned.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/rwsem.h>
#include "alloc/sim.h"
#include "alloc/slab_report.h"

#define NR_CPUS      4u
#define MEMORY_BYTES (1ull << 30)

static struct kmc_sim *sim;
static unsigned int nr_warnings;

unsigned int kmc_code_nr_cpus(void)
{
	return NR_CPUS;
}

void kmc_code_warned(const char *what, const char *file, int line)
{
	nr_warnings++;
	printf("# WARNING: %s at %s:%d\n", what, file, line);
}

/* parameters */

#define MAX_PARAMS 32
static struct {
	const char *name;
	int *number;
	bool *flag;
} params[MAX_PARAMS];
static unsigned int nr_params;

static void add_param(const char *name, int *number, bool *flag)
{
	if (nr_params == MAX_PARAMS)
		abort();
	params[nr_params].name = name;
	params[nr_params].number = number;
	params[nr_params++].flag = flag;
}

void kmc_code_param_int(const char *name, int *value)
{
	add_param(name, value, NULL);
}

void kmc_code_param_bool(const char *name, bool *value)
{
	add_param(name, NULL, value);
}

static bool set_param(const char *text)
{
	const char *equals = strchr(text, '=');

	for (unsigned int i = 0; equals && i < nr_params; i++) {
		if (strlen(params[i].name) != (size_t)(equals - text) ||
		    strncmp(params[i].name, text, (size_t)(equals - text)))
			continue;
		if (params[i].number)
			*params[i].number = atoi(equals + 1);
		else
			*params[i].flag = atoi(equals + 1);
		return true;
	}
	return false;
}

/* time */

ktime_t ktime_get(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (ktime_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

unsigned long get_cycles(void)
{
	return (unsigned long)ktime_get();
}

void msleep(unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++) {
		kmc_sim_poll();
		usleep(1000);
	}
}

u32 kmc_code_random(void)
{
	static __thread u64 state;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (u32)(state >> 33);
}

/* waiting */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void complete(struct completion *c)
{
	pthread_mutex_lock(&lock);
	c->done++;
	pthread_mutex_unlock(&lock);
}

unsigned long wait_for_completion_timeout(struct completion *c, unsigned long ticks)
{
	for (unsigned long i = 0; i < ticks * 10; i++) {
		pthread_mutex_lock(&lock);
		if (c->done) {
			c->done--;
			pthread_mutex_unlock(&lock);
			return 1;
		}
		pthread_mutex_unlock(&lock);
		msleep(1);
	}
	return 0;
}

/* A reader adds one, a writer makes it -1. */
static void take(struct rw_semaphore *sem, bool write)
{
	for (;;) {
		pthread_mutex_lock(&lock);
		if (write ? !sem->count : sem->count >= 0) {
			sem->count = write ? -1 : sem->count + 1;
			pthread_mutex_unlock(&lock);
			return;
		}
		pthread_mutex_unlock(&lock);
		msleep(1);
	}
}

static void give(struct rw_semaphore *sem, bool write)
{
	pthread_mutex_lock(&lock);
	sem->count = write ? 0 : sem->count - 1;
	pthread_mutex_unlock(&lock);
}

void down_read(struct rw_semaphore *sem)
{
	take(sem, false);
}

void up_read(struct rw_semaphore *sem)
{
	give(sem, false);
}

void down_write(struct rw_semaphore *sem)
{
	take(sem, true);
}

void up_write(struct rw_semaphore *sem)
{
	give(sem, true);
}

/* threads */

struct task_struct {
	pthread_t thread;
	unsigned int cpu;
	int (*function)(void *data);
	void *data;
	bool stop;
	int result;
};
static __thread struct task_struct *self;
static unsigned int next_cpu = 1;

static void *run_thread(void *arg)
{
	self = arg;
	if (kmc_sim_bind(sim, self->cpu))
		abort();
	self->result = self->function(self->data);
	kmc_sim_unbind();
	return NULL;
}

struct task_struct *kmc_code_thread(int (*function)(void *data), void *data)
{
	struct task_struct *task = calloc(1, sizeof(*task));

	if (!task || next_cpu == NR_CPUS) {
		free(task);
		return ERR_PTR(-EAGAIN);
	}
	task->cpu = next_cpu++;
	task->function = function;
	task->data = data;
	if (pthread_create(&task->thread, NULL, run_thread, task))
		abort();
	return task;
}

bool kthread_should_stop(void)
{
	return __atomic_load_n(&self->stop, __ATOMIC_SEQ_CST);
}

int kthread_stop(struct task_struct *task)
{
	int result;

	__atomic_store_n(&task->stop, true, __ATOMIC_SEQ_CST);
	pthread_join(task->thread, NULL);
	result = task->result;
	free(task);
	return result;
}

/* devices */

#define MAX_BLOCKS 64
struct device {
	const void *blocks[MAX_BLOCKS];
	unsigned int nr_blocks;
};

struct device *root_device_register(const char *name)
{
	struct device *dev = calloc(1, sizeof(*dev));

	(void)name;
	return dev ? dev : ERR_PTR(-ENOMEM);
}

void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
{
	void *block = dev->nr_blocks < MAX_BLOCKS ? kmalloc(size, gfp) : NULL;

	if (block)
		dev->blocks[dev->nr_blocks++] = block;
	return block;
}

void devm_kfree(struct device *dev, const void *p)
{
	for (unsigned int i = 0; i < dev->nr_blocks; i++) {
		if (dev->blocks[i] != p)
			continue;
		dev->blocks[i] = dev->blocks[--dev->nr_blocks];
		kfree(p);
		return;
	}
	kmc_code_warned("devm_kfree of another's block", __FILE__, __LINE__);
}

void device_unregister(struct device *dev)
{
	while (dev->nr_blocks)
		kfree(dev->blocks[--dev->nr_blocks]);
	free(dev);
}

/* KUnit */

void kmc_code_failed(struct kunit *test, const char *file, int line)
{
	test->failed = true;
	printf("    # %s: FAILED at %s:%d\n", test->name, file, line);
}

void kmc_code_skip(struct kunit *test)
{
	test->skipped = true;
	longjmp(test->end, 1);
}

void kmc_code_abort(struct kunit *test)
{
	longjmp(test->end, 1);
}

/* Until the case's end; one name at a time is all that is asked for. */
static struct kunit_resource *named;

int kunit_add_named_resource(struct kunit *test, kunit_resource_init_t init,
			     kunit_resource_free_t free, struct kunit_resource *resource,
			     const char *name, void *data)
{
	(void)test;
	(void)free;
	if (init || named)
		return -EINVAL;
	*resource = (struct kunit_resource){ .name = name, .data = data };
	named = resource;
	return 0;
}

/* A finding counts one, and one more where the damage is mended beside being told. */
static int errors_of(enum kmc_slab_report_kind kind)
{
	switch (kind) {
	case KMC_SLAB_TRACE_ALLOC:
	case KMC_SLAB_TRACE_FREE:
		return 0;
	case KMC_SLAB_LEFT_RED_ZONE:
	case KMC_SLAB_RIGHT_RED_ZONE:
	case KMC_SLAB_POISON:
	case KMC_SLAB_END_POISON:
	case KMC_SLAB_ALIGN_PADDING:
	case KMC_SLAB_OBJECT_PADDING:
	case KMC_SLAB_SLAB_PADDING:
	case KMC_SLAB_FREE_CHAIN:
		return 2;
	default:
		return 1;
	}
}

/* As the kernel does for a resource of this name. */
static void count_slab_errors(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	if (tp->id == KMC_TP_SLAB_REPORT && named && !strcmp(named->name, "slab_errors"))
		*(int *)named->data += errors_of((enum kmc_slab_report_kind)tp->bytes_req);
}

static bool run_case(const struct kunit_suite *suite, const struct kunit_case *one,
		     unsigned int number)
{
	static struct kunit test; /* survives the jump */

	test = (struct kunit){ .name = one->name };
	if (!setjmp(test.end)) {
		if (suite->init && suite->init(&test))
			kmc_code_failed(&test, suite->name, 0);
		else
			one->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	named = NULL;
	printf("    %sok %u %s%s\n", test.failed ? "not " : "", number, one->name,
	       test.skipped ? " # SKIP" : "");
	return !test.failed;
}

static int run_suite(const struct kunit_suite *suite)
{
	unsigned int number = 0, failed = 0;

	printf("KTAP version 1\n1..1\n    # Subtest: %s\n", suite->name);
	for (const struct kunit_case *one = suite->test_cases; one->run_case; one++)
		failed += !run_case(suite, one, ++number);
	printf("    1..%u\n%sok 1 %s\n", number, failed ? "not " : "", suite->name);
	return failed != 0;
}

static int run_module(void)
{
	int ret = kmc_code_init();

	printf("# module_init returned %d, %u warnings\n", ret, nr_warnings);
	return (ret && ret != -EAGAIN) || nr_warnings;
}

static void boot(const char *options)
{
	struct kmc_sim_config config;

	kmc_sim_config_simple(&config, NR_CPUS, MEMORY_BYTES);
	config.profile = KMC_PROFILE_6_1_192;
	if (strstr(options, "init_on_alloc"))
		config.options |= KMC_OPT_INIT_ON_ALLOC;
	if (strstr(options, "init_on_free"))
		config.options |= KMC_OPT_INIT_ON_FREE;
	if (kmc_sim_create(&config, &sim) || kmc_sim_bind(sim, 0)) {
		fprintf(stderr, "kernel_code: no machine\n");
		exit(2);
	}
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_SLAB_REPORT), count_slab_errors, NULL);
}

int main(int argc, char **argv)
{
	const char *options = "";
	int status;

	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "machine=", 8)) {
			options = argv[i] + 8;
		} else if (!set_param(argv[i])) {
			fprintf(stderr, "kernel_code: no parameter: %s\n", argv[i]);
			return 2;
		}
	}
	boot(options);
	status = &kmc_code_suite ? run_suite(kmc_code_suite) : run_module();
	kmc_sim_check(sim);
	kmc_sim_unbind();
	kmc_sim_destroy(sim);
	return status;
}
