// SPDX-License-Identifier: GPL-2.0-or-later
/* cmocka and what it wants included before it. */
#ifndef VIRT_NETBOOT_TEST_H
#define VIRT_NETBOOT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURES "tests/fixtures/hook-input/libvirt-9.0.0"

/* Text as the root element of a document, for the functions that read XML. */
#define TEXT_AND_LENGTH(text) (text), strlen(text)

#endif
