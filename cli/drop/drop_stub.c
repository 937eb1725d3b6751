// SPDX-License-Identifier: GPL-2.0-or-later
#include "drop.h"
#include <errno.h>
int drop_open(const struct drop_wish *w, struct drop_finder **f){(void)w;*f=0;return -EOPNOTSUPP;}
void drop_begin_write(struct drop_finder *f){(void)f;} void drop_end_write(struct drop_finder *f){(void)f;}
bool drop_pending(struct drop_finder *f){(void)f;return false;}
bool drop_wants_legacy(struct drop_finder *f){(void)f;return false;}
int drop_trace_legacy(struct drop_finder *f){(void)f;return -1;}
void drop_judge(struct drop_finder *f, struct drop_report *r){(void)f;(void)r;}
void drop_close(struct drop_finder **f){*f=0;}
void drop_report_clear(struct drop_report *r){(void)r;}
