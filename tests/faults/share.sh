#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs alone: each of its lanes takes a processor, and what it runs has a deadline of a second
#
# A tenth of `make faults`, as far as a minute and a half reaches. It is the same each time, so that what is wrong comes from
# the change that is checked; FAULTS_SEED=N takes another one.
FAULTS_SEED=${FAULTS_SEED:-303} FAULTS_SHARE=10 FAULTS_SECONDS=90 exec "$(dirname "$0")/faults"
