#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs alone: each of its lanes takes a processor, and what it runs has a deadline of a second
#
# A tenth of `make faults`, another one each time, in two minutes.
FAULTS_SHARE=10 FAULTS_SECONDS=120 exec "$(dirname "$0")/faults"
