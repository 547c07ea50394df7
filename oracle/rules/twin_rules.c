// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules about two requests from one snapshot: c is the later, j->twin the earlier. */
#include <inttypes.h>
#include "judge_priv.h"

static bool got(unsigned int outcome)
{
	return outcome == KMC_OUT_VALUE;
}

KMC_RULE_FN(GFP_33)
{
	bool wider = (c->gfp & j->twin.gfp) == j->twin.gfp;
	bool narrow_got = got(wider ? j->twin.outcome : c->ev->outcome);
	bool wide_got = got(wider ? c->ev->outcome : j->twin.outcome);

	KMC_VERDICT(GFP_33, wide_got || !narrow_got, "narrower",
		    (j, "a longer name is less restrictive: what %#x gets, %#x gets",
		     wider ? j->twin.gfp : c->gfp, wider ? c->gfp : j->twin.gfp),
		    (j, "from the same state the longer one got NULL"));
}

KMC_RULE_FN(GFP_37)
{
	KMC_VERDICT(GFP_37, got(c->ev->outcome) == got(j->twin.outcome), "modifier",
		    (j, "without direct reclaim IO, FS, NORETRY and RETRY_MAYFAIL change nothing"),
		    (j, "from the same state atoms %#x got %s, %#x %s", j->twin.gfp,
		     got(j->twin.outcome) ? "a page" : "NULL", c->gfp,
		     got(c->ev->outcome) ? "a page" : "NULL"));
}
