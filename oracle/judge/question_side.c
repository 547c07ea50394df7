// SPDX-License-Identifier: GPL-2.0-or-later
/* Calls that only answer: sizes, arithmetic, what an address is, what may be copied. */
#include "call_parts.h"

void kmc_question_end(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_life *life;

	switch (c->ev->what) {
	case KMC_OP_KSIZE:
		life = kmc_shadow_find(&judge->shadow, c->addr);
		if (life && life->state == KMC_LIFE_LIVE) {
			c->other = life;
			c->from = life->from;
			c->size = kmc_life_size(life);
			life->flags |= KMC_LIFE_KSIZED;
		}
		KMC_ASK(judge, KM_17, c);
		break;
	case KMC_OP_PAGE_REF_COUNT:
	case KMC_OP_COMPOUND_ORDER:
	case KMC_OP_PAGE_IS_PFMEMALLOC:
		kmc_page_question(judge, c);
		break;
	case KMC_OP_KMALLOC_SIZE_ROUNDUP:
		KMC_ASK(judge, KM_16, c);
		break;
	case KMC_OP_KMEM_CACHE_SIZE:
		KMC_ASK(judge, KC_22, c);
		break;
	case KMC_OP_ARRAY_SIZE:
		KMC_ASK(judge, ARR_4, c);
		break;
	case KMC_OP_ARRAY3_SIZE:
		KMC_ASK(judge, ARR_5, c);
		break;
	case KMC_OP_SIZE_MUL:
	case KMC_OP_SIZE_ADD:
		KMC_ASK(judge, ARR_6, c);
		break;
	case KMC_OP_SIZE_SUB:
		KMC_ASK(judge, ARR_7, c);
		break;
	case KMC_OP_STRUCT_SIZE:
		KMC_ASK(judge, ARR_8, c);
		break;
	case KMC_OP_FLEX_ARRAY_SIZE:
		KMC_ASK(judge, ARR_9, c);
		break;
	case KMC_OP_STRUCT_SIZE_T:
		KMC_ASK(judge, ARR_10, c);
		break;
	case KMC_OP_IS_VMALLOC_ADDR:
		KMC_ASK(judge, VM_19, c);
		break;
	case KMC_OP_VMALLOC_TO_PAGE:
		c->other = kmc_place_find(judge, c->addr, 1, 0);
		KMC_ASK(judge, VM_20, c);
		break;
	case KMC_OP_RUST_ALIGNED_SIZE:
		KMC_ASK(judge, RS_1, c);
		KMC_ASK(judge, RS_2, c);
		break;
	case KMC_OP_COPY_TO_USER:
	case KMC_OP_COPY_FROM_USER:
		c->other = kmc_place_find(judge, c->addr, 1, 0);
		KMC_ASK(judge, UC_2, c);
		KMC_ASK(judge, UC_3, c);
		KMC_ASK(judge, UC_4, c);
		break;
	}
}
