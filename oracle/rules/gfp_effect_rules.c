// SPDX-License-Identifier: GPL-2.0-or-later
/* GFP: what a request may do on its way. */
#include <inttypes.h>
#include "judge_priv.h"

#define NUM "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(GFP_11)
{
	const struct kmc_page_notes *notes = &c->open->notes.pages;
	bool rounds = c->request->single && notes->rounds > 1;

	if (!notes->killed && !rounds) {
		KMC_PASS(GFP_11);
		return;
	}
	KMC_BREACH(GFP_11, notes->killed ? "kill" : "rounds",
		   (j, "__GFP_NORETRY reclaims once at most, and nobody is killed for it"),
		   (j, "%u rounds of reclaim and %u kills were seen", notes->rounds, notes->killed));
}

KMC_RULE_FN(GFP_12)
{
	KMC_VERDICT(GFP_12, !c->open->notes.pages.killed, "kill",
		    (j, "nobody is killed for a request with __GFP_RETRY_MAYFAIL"),
		    (j, "%u tasks were", c->open->notes.pages.killed));
}

KMC_RULE_FN(GFP_17)
{
	const struct kmc_page_notes *notes = &c->open->notes.pages;

	if (!notes->killed && notes->rounds <= 1) {
		KMC_PASS(GFP_17);
		return;
	}
	KMC_BREACH(GFP_17, notes->killed ? "kill" : "rounds",
		   (j, "a request of order %u backs off after one round of reclaim, and nobody is "
		       "killed for it", c->request->order),
		   (j, "%u rounds of reclaim and %u kills were seen", notes->rounds, notes->killed));
}

KMC_RULE_FN(GFP_18)
{
	const uint32_t about = 1u << KMC_WARNING_FAILURE | 1u << KMC_WARNING_ORDER;

	KMC_VERDICT(GFP_18, !(c->open->notes.pages.warned & about), "silent",
		    (j, "__GFP_NOWARN suppresses the report of a failed request"),
		    (j, "it was reported"));
}

KMC_RULE_FN(GFP_34)
{
	/* GFP_NOIO has no __GFP_FS; who adds it lets filesystems be entered. */
	uint32_t forbidden = c->gfp & KMC_GFP_FS ? BIT(IO) : BIT(IO) | BIT(FS);

	KMC_VERDICT(GFP_34, !(c->effects & forbidden), "io",
		    (j, "without __GFP_IO reclaim starts no IO and enters no filesystem"),
		    (j, "it %s", c->effects & forbidden & BIT(FS) ? "entered a filesystem" : "started IO"));
}

KMC_RULE_FN(GFP_35)
{
	KMC_VERDICT(GFP_35, !(c->effects & BIT(FS)), "fs",
		    (j, "without __GFP_FS reclaim enters no filesystem"), (j, "it did"));
}

KMC_RULE_FN(GFP_36)
{
	KMC_VERDICT(GFP_36, !(c->effects & BIT(COMPACTED)), "compaction",
		    (j, "a request without __GFP_IO does not use compaction"), (j, "it did"));
}

KMC_RULE_FN(GFP_40)
{
	const uint32_t work = BIT(RECLAIMED) | BIT(COMPACTED) | BIT(SLEPT) | BIT(IO) | BIT(FS);
	bool light = !(c->gfp & KMC_GFP_DIRECT_RECLAIM);
	uint32_t forbidden = BIT(WOKE_KSWAPD) | (light ? work : 0);

	KMC_VERDICT(GFP_40, !(c->effects & forbidden),
		    c->effects & BIT(WOKE_KSWAPD) ? "kswapd" : "reclaim",
		    (j, light ? "GFP_TRANSHUGE_LIGHT neither reclaims nor wakes kswapd" :
				"GFP_TRANSHUGE does not wake kswapd"),
		    (j, "it did (effects %#x)", c->effects & forbidden));
}

/* Memory management suspended for a while: IO and FS are bits that nobody has. */
KMC_RULE_FN(GFP_43)
{
	KMC_VERDICT(GFP_43, !(c->effects & (BIT(IO) | BIT(FS))), "suspended",
		    (j, "while storage is suspended IO and FS are outside the allowed mask"),
		    (j, "it %s", c->effects & BIT(FS) ? "entered a filesystem" : "started IO"));
}

/* Its breach is the finding of GFP-2 or GFP-3. */
KMC_RULE_FN(GFP_45)
{
	const uint32_t forbidden = BIT(SLEPT) | BIT(RECLAIMED) | BIT(COMPACTED) | BIT(IO) |
				   BIT(FS) | BIT(WOKE_KSWAPD);

	if (!(c->effects & forbidden))
		KMC_PASS(GFP_45);
}

/* Once a boot; before 6.12 at the failure, and NOWARN silences it there. */
KMC_RULE_FN(GFP_14)
{
	if (c->ev->kind == KMC_EV_EFFECT) {
		KMC_VERDICT(GFP_14, !(j->pages.warned >> KMC_WARNING_NOFAIL_ATOMIC & 1),
			    "warned-again",
			    (j, "NOFAIL without direct reclaim is warned of once a boot"),
			    (j, "it was warned of again"));
		return;
	}
	KMC_VERDICT(GFP_14, c->ev->outcome != KMC_OUT_HUNG, "loops",
		    (j, "NOFAIL without direct reclaim returns NULL when there is no memory"),
		    (j, "it does not return"));
}

KMC_RULE_FN(GFP_15)
{
	bool gone = kmc_release_of(j) >= KMC_RELEASE(6, 19, 0);

	KMC_VERDICT(GFP_15, !gone && !(j->pages.warned >> KMC_WARNING_NOFAIL_ORDER & 1),
		    gone ? "gone" : "warned-again",
		    (j, gone ? "from 6.19 on nothing is said of NOFAIL above order 1" :
			       "NOFAIL above order 1 is warned of once a boot"),
		    (j, "it was warned of"));
}

KMC_RULE_FN(GFP_42)
{
	KMC_VERDICT(GFP_42, !(j->pages.warned >> KMC_WARNING_ATOMIC_SLEEPS & 1), "warned-again",
		    (j, "ATOMIC together with direct reclaim is warned of once a boot"),
		    (j, "it was warned of again"));
}
