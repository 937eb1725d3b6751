#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs alone: each of its lanes takes a processor, and what it runs has a deadline of a second
#
# A tenth of `make faults`, another one each time, as far as a minute and a half reaches.
FAULTS_SHARE=10 FAULTS_SECONDS=90 exec "$(dirname "$0")/faults"
