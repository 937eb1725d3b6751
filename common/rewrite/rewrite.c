// SPDX-License-Identifier: GPL-2.0-or-later
#include "rewrite.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "log.h"
#include "read_all.h"
#include "xml.h"

#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlsave.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* The administrator's come first. */
static const char *const folders[] = {
	SYSCONFDIR "/virt-netboot/xslt", DATADIR "/virt-netboot/xslt"};

#define FOLDER_COUNT (sizeof(folders) / sizeof(folders[0]))

static void cleanup_stylesheet(xsltStylesheet **stylesheet)
{
	xsltFreeStylesheet(*stylesheet);
}

static void cleanup_transform(xsltTransformContext **context)
{
	xsltFreeTransformContext(*context);
}

static void cleanup_preferences(xsltSecurityPrefs **preferences)
{
	xsltFreeSecurityPrefs(*preferences);
}

/* What libxslt and libxml2 complained about, in one line: as much as is shown, and some. */
static char complaint[512];

__attribute__((format(printf, 2, 3))) static void collect_complaint(
	void *unused, const char *format, ...)
{
	size_t length = strlen(complaint);
	va_list arguments;

	(void)unused;
	va_start(arguments, format);
	vsnprintf(complaint + length, sizeof(complaint) - length, format, arguments);
	va_end(arguments);
	for (char *c = complaint + length; *c; c++) {
		if (*c == '\n')
			*c = ' ';
	}
}

static const char *complained(void)
{
	static char shown[256];
	size_t length = strlen(complaint);

	while (length > 0 && complaint[length - 1] == ' ')
		complaint[--length] = '\0';
	return length > 0 ? text_cut(shown, sizeof(shown), complaint) : "libxslt does not say why";
}

/* Nothing may be read or written, whatever it is. NULL if that cannot be had. */
static xsltSecurityPrefs *forbid_everything(void)
{
	static const xsltSecurityOption options[] = {XSLT_SECPREF_READ_FILE,
		XSLT_SECPREF_WRITE_FILE, XSLT_SECPREF_CREATE_DIRECTORY, XSLT_SECPREF_READ_NETWORK,
		XSLT_SECPREF_WRITE_NETWORK};
	xsltSecurityPrefs *preferences = xsltNewSecurityPrefs();

	for (size_t i = 0; preferences && i < sizeof(options) / sizeof(options[0]); i++) {
		if (xsltSetSecurityPrefs(preferences, options[i], xsltSecurityForbid) != 0) {
			xsltFreeSecurityPrefs(preferences);
			preferences = NULL;
		}
	}
	return preferences;
}

/* Return: 0 if the open file is one to be trusted, or a negative errno. */
static int check_owner(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return -errno;
	return S_ISREG(status.st_mode) && (status.st_uid == 0 || status.st_uid == geteuid()) &&
			       !(status.st_mode & (S_IWGRP | S_IWOTH))
		       ? 0
		       : -EPERM;
}

/* Return: a descriptor, -ENOENT if there is no such file, or another negative errno, logged. */
static int open_stylesheet(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int result = fd < 0 ? -errno : check_owner(fd);

	if (result == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	if (fd >= 0 && result == -EPERM)
		log_error(
			"%s is not used: a stylesheet must be a file that belongs to root and that "
			"nobody else may write to",
			path);
	else if (result != -ENOENT)
		log_error("%s: %s", path, strerror(-result));
	return result;
}

/* Find the file. Its @path is the caller's to free. */
static int find_stylesheet(const char *name, char **path)
{
	int fd = -ENOENT;

	for (size_t i = 0; fd == -ENOENT && i < FOLDER_COUNT; i++) {
		free(*path);
		*path = alloc_format("%s/%s.xsl", folders[i], name);
		fd = open_stylesheet(*path);
	}
	if (fd == -ENOENT)
		log_error("%s: no such stylesheet; nothing is rewritten", *path);
	return fd;
}

static xsltStylesheet *read_stylesheet(const char *name)
{
	CLEANUP(cleanup_free) char *path = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_fd) int fd = find_stylesheet(name, &path);
	size_t length;

	if (fd < 0)
		return NULL;
	int result = read_all(fd, &text, &length);
	if (result != 0) {
		log_error("%s: %s", path, strerror(-result));
		return NULL;
	}
	xmlDoc *doc = xml_parse(path, text, length);
	if (!doc)
		return NULL;
	xsltStylesheet *stylesheet = xsltParseStylesheetDoc(doc);
	if (!stylesheet) {
		log_error("%s: %s", path, complained());
		xmlFreeDoc(doc);
	}
	return stylesheet;
}

/* True if the document is one element of this name, and perhaps comments around it. */
static bool is_document(const xmlDoc *doc, const xmlChar *name)
{
	size_t elements = 0;

	for (const xmlNode *node = doc->children; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE && !xmlStrEqual(node->name, name))
			return false;
		if (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE)
			return false;
		elements += node->type == XML_ELEMENT_NODE;
	}
	return elements == 1;
}

static int transform(xmlDoc *doc, xsltStylesheet *stylesheet, const char *parameters[],
	xsltSecurityPrefs *preferences, xmlDoc **result)
{
	CLEANUP(cleanup_transform)
	xsltTransformContext *context = xsltNewTransformContext(stylesheet, doc);

	if (!context)
		return -ENOMEM;
	if (xsltSetCtxtSecurityPrefs(preferences, context) != 0 ||
		xsltQuoteUserParams(context, parameters) != 0)
		return -EINVAL;
	*result = xsltApplyStylesheetUser(stylesheet, doc, NULL, NULL, NULL, context);
	if (!*result || context->state != XSLT_STATE_OK)
		return -EINVAL;
	const xmlNode *root = xmlDocGetRootElement(doc);
	if (!is_document(*result, root->name)) {
		collect_complaint(NULL, "the result is not one <%s>", (const char *)root->name);
		return -EINVAL;
	}
	return 0;
}

static int rewrite(xmlDoc *doc, const char *name, const char *parameters[], xmlDoc **result)
{
	CLEANUP(cleanup_preferences) xsltSecurityPrefs *preferences = forbid_everything();
	CLEANUP(cleanup_stylesheet) xsltStylesheet *stylesheet = NULL;

	if (!preferences) {
		log_error("libxslt cannot be kept from reading files; nothing is rewritten");
		return -EPERM;
	}
	xsltSetDefaultSecurityPrefs(preferences);
	stylesheet = read_stylesheet(name);
	int status = -EINVAL;
	if (stylesheet) {
		status = transform(doc, stylesheet, parameters, preferences, result);
		if (status != 0)
			log_error("%s.xsl was not applied: %s", name, complained());
	}
	xsltSetDefaultSecurityPrefs(NULL);
	return status;
}

int rewrite_document(xmlDoc *doc, const char *stylesheet, const char *parameters[], xmlDoc **result)
{
	*result = NULL;
	complaint[0] = '\0';
	xsltSetGenericErrorFunc(NULL, collect_complaint);
	xmlSetGenericErrorFunc(NULL, collect_complaint);
	int status = rewrite(doc, stylesheet, parameters, result);
	xsltSetGenericErrorFunc(NULL, NULL);
	xmlSetGenericErrorFunc(NULL, NULL);
	if (status != 0) {
		xmlFreeDoc(*result);
		*result = NULL;
	}
	return status;
}

char *rewrite_text(xmlDoc *doc, size_t *length)
{
	xmlBuffer *buffer = xmlBufferCreate();
	xmlSaveCtxt *save = buffer ? xmlSaveToBuffer(buffer, "UTF-8", XML_SAVE_NO_DECL) : NULL;
	bool written = save && xmlSaveDoc(save, doc) >= 0;
	char *text = NULL;

	if (save && xmlSaveClose(save) >= 0 && written) {
		*length = (size_t)xmlBufferLength(buffer);
		text = (char *)xmlBufferDetach(buffer);
	}
	xmlBufferFree(buffer);
	return text;
}
