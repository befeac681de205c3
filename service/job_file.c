#include "base/memory.h"
#include "base/text.h"
#include "service/command.h"
#include "service/extensions.h"
#include "service/schemas.h"
#include "service/settings.h"
#include "sql/diagnostics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { JOB_BYTES_MAX = 16 << 20 };

static enum tg_code read_text(const char *path, struct tg_buffer *text, struct tg_error *reterr)
{
    return tg_read_file(strcmp(path, "-") == 0 ? "/dev/stdin" : path, JOB_BYTES_MAX, text, reterr);
}

static void print_diagnostics(const struct tg_job_file *file, bool json)
{
    struct tg_buffer out = {0};
    for (uint32_t i = 0; i < tg_job_error_count(file->job); i++) {
        if (json)
            tg_diagnostic_write_json(tg_job_error(file->job, i), tg_buffer_slice(&file->text), file->path,
                                     &out);
        else
            tg_diagnostic_write(tg_job_error(file->job, i), tg_buffer_slice(&file->text), file->path, &out);
        if (json)
            tg_buffer_append_byte(&out, '\n');
    }
    fprintf(stderr, "%s", tg_buffer_text(&out));
    tg_buffer_done(&out);
}

int tg_job_file_load(const char *path, const struct tg_properties *settings, bool json,
                     struct tg_job_file *ret_file)
{
    *ret_file = (struct tg_job_file){.path = tg_strdup(path)};
    struct tg_error error = {0};
    if (read_text(path, &ret_file->text, &error) != TG_OK) {
        tg_print_error(&error);
        return TG_EXIT_CONFIG;
    }
    const char *extensions = settings == NULL ? NULL : tg_properties_get(settings, "ksql.extension.dir");
    if (extensions != NULL && tg_extensions_load(extensions, &error) != TG_OK) {
        tg_print_error(&error);
        return TG_EXIT_CONFIG;
    }
    if (settings != NULL && tg_registry_open(settings, &ret_file->registry, &error) != TG_OK) {
        tg_print_error(&error);
        return TG_EXIT_CONFIG;
    }
    if (ret_file->registry != NULL)
        ret_file->schemas = tg_schemas_new(ret_file->registry, TG_SCHEMAS_CHECKED);
    const struct tg_job_options options = {.name = path,
                                           .settings = settings,
                                           .check_setting = tg_settings_check_set,
                                           .schemas = tg_schemas_hooks(ret_file->schemas)};
    if (tg_job_compile(tg_buffer_slice(&ret_file->text), &options, &ret_file->job, &error) == TG_OK)
        return TG_EXIT_OK;
    print_diagnostics(ret_file, json);
    return TG_EXIT_FAILED;
}

void tg_job_file_done(struct tg_job_file *file)
{
    tg_job_free(file->job);
    tg_schemas_free(file->schemas);
    tg_registry_close(file->registry);
    tg_buffer_done(&file->text);
    tg_free(file->path);
    *file = (struct tg_job_file){0};
}
