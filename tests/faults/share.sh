#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs alone: each of its lanes takes a processor, and what it runs has a deadline of a second
#
# A tenth of `make faults`, another one each time, as far as two and a half minutes reach.
FAULTS_SHARE=10 FAULTS_SECONDS=150 exec "$(dirname "$0")/faults"
