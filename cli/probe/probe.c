// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe.h"

#include "character.h"
#include "exit_status.h"
#include "log.h"
#include "output_file.h"
#include "probe_judge.h"
#include "probe_run.h"
#include "probe_writers.h"
#include "terminal.h"

#include <errno.h>
#include <unistd.h>

struct output {
	const struct probe_request *request;
	const struct probe_result *result;
	const struct probe_judgement *judgement;
};

static int write_output(FILE *file, const void *argument)
{
	const struct output *output = argument;

	if (output->request->format == LOOK_JSON)
		return probe_write_json(file, output->result, output->judgement);
	if (output->request->format == LOOK_PROMETHEUS)
		probe_write_prometheus(file, output->result, output->judgement);
	else
		probe_write_text(file, output->result, output->judgement,
			file == stdout && terminal_has_styles());
	return 0;
}

static int tell(const struct probe_request *request, const struct probe_result *result)
{
	struct probe_judgement judgement = {0};
	const struct output output = {request, result, &judgement};

	if (request->output && result->interrupted) {
		log_error(
			"the probe was interrupted; '%s' is as it was", TEXT_NAME(request->output));
		return EXIT_FAILED;
	}
	probe_judge(result, &judgement);
	int status = probe_status(result, &judgement);
	int written = request->output ? output_file_write(request->output, write_output, &output)
				      : write_output(stdout, &output);
	probe_judgement_clear(&judgement);
	return written == 0 ? status : EXIT_FAILED;
}

int probe_main(const struct probe_request *request)
{
	struct probe_result result;

	if (geteuid() != 0) {
		log_error("only root can plug a card in: run this as root");
		return EXIT_FAILED;
	}
	int error = probe_run(request, &result);
	int status = error == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	if (error == 0)
		status = tell(request, &result);
	probe_result_clear(&result);
	return status;
}
