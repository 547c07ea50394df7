/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target alloc: what slab debugging is asked, and what it says. */
#include "alloc/slab_report.h"
#include "target_alloc.h"

static enum kmc_misuse_report report_of(enum kmc_slab_report_kind kind)
{
	static const uint8_t reports[KMC_NR_SLAB_REPORT_KINDS] = {
		[KMC_SLAB_LEFT_RED_ZONE] = KMC_REPORT_RED_ZONE,
		[KMC_SLAB_RIGHT_RED_ZONE] = KMC_REPORT_RED_ZONE,
		[KMC_SLAB_KMALLOC_RED_ZONE] = KMC_REPORT_RED_ZONE,
		[KMC_SLAB_POISON] = KMC_REPORT_POISON,
		[KMC_SLAB_END_POISON] = KMC_REPORT_POISON,
		[KMC_SLAB_ALIGN_PADDING] = KMC_REPORT_PADDING,
		[KMC_SLAB_OBJECT_PADDING] = KMC_REPORT_PADDING,
		[KMC_SLAB_SLAB_PADDING] = KMC_REPORT_PADDING,
		[KMC_SLAB_FREE_POINTER] = KMC_REPORT_FREELIST,
		[KMC_SLAB_FREE_CHAIN] = KMC_REPORT_FREELIST,
		[KMC_SLAB_FREE_AGAIN] = KMC_REPORT_FREE_AGAIN,
		[KMC_SLAB_NO_OBJECT] = KMC_REPORT_POINTER,
		[KMC_SLAB_WRONG_CACHE] = KMC_REPORT_CACHE,
		[KMC_SLAB_LEFT_OBJECTS] = KMC_REPORT_OBJECTS,
		[KMC_SLAB_USERCOPY] = KMC_REPORT_USERCOPY,
	};

	return reports[kind];
}

/* What SLAB_TRACE tells is no damage. */
void kmc_alloc_slab_report(struct kmc_exec *exec, const struct kmc_tp *tp)
{
	struct kmc_slab_report report;

	if (!kmc_sim_slab_report(kmc_alloc_state(exec)->sim, (unsigned int)tp->bytes_alloc, &report))
		return;
	if (report.kind == KMC_SLAB_TRACE_ALLOC || report.kind == KMC_SLAB_TRACE_FREE)
		return;
	kmc_exec_effect(exec, KMC_EFF_REPORTED, report.object ? report.object : report.addr,
			report.addr, report.length, report_of(report.kind));
}

/* Without debugging the cache cannot be validated: EINVAL. */
static void validate_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	long damaged = kmc_sim_slab_validate(call->src->ptr);

	(void)exec, (void)gfp;
	kmc_alloc_value(call, damaged < 0 ? (uint64_t)-damaged : (uint64_t)damaged);
	if (damaged < 0)
		call->outcome = KMC_OUT_ERROR;
}

const struct kmc_alloc_op kmc_alloc_debug_ops[] = {
	{ KMC_OP_SLAB_VALIDATE, validate_op },
	{ 0, NULL },
};
