#include "state/directory.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT_VERSION 1
#define SET_ASIDE_MAX 1000

static char *join(const char *directory, const char *name)
{
    return tg_format("%s/%s", directory, name);
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static enum tg_code fail_io(struct tg_error *reterr, const char *action, const char *path)
{
    int reason = errno;
    enum tg_code code = tg_fail(reterr, TG_CODE_IO, "cannot %s %s: %s", action, path, strerror(reason));
    if (reterr != NULL && (reason == ENOSPC || reason == EDQUOT))
        reterr->retriable = true;
    return code;
}

static enum tg_code make_directories(const char *path, struct tg_error *reterr)
{
    char *partial = tg_strdup(path);
    enum tg_code code = TG_OK;
    for (char *at = partial + 1; code == TG_OK; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        bool last = *at == '\0';
        *at = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST)
            code = fail_io(reterr, "make the directory", partial);
        if (last)
            break;
        *at = '/';
    }
    tg_free(partial);
    return code;
}

static void sync_directory_of(const char *path)
{
    char *directory = tg_strdup(path);
    char *slash = strrchr(directory, '/');
    if (slash != NULL)
        *slash = '\0';
    int descriptor = open(slash != NULL ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor); /* some file systems cannot; the rename is done either way */
        close(descriptor);
    }
    tg_free(directory);
}

static enum tg_code write_all(int descriptor, struct tg_slice content, const char *path,
                              struct tg_error *reterr)
{
    while (content.length > 0) {
        ssize_t written = write(descriptor, content.data, content.length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fail_io(reterr, "write", path);
        content = tg_slice_of(content.data + written, content.length - (size_t)written);
    }
    if (fsync(descriptor) != 0)
        return fail_io(reterr, "write", path);
    return TG_OK;
}

enum tg_code tg_replace_file(const char *path, struct tg_slice content, struct tg_error *reterr)
{
    char *temporary = tg_format("%s.new", path);
    enum tg_code code = TG_OK;
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        code = fail_io(reterr, "write", temporary);
    } else {
        code = write_all(descriptor, content, temporary, reterr);
        close(descriptor);
        if (code == TG_OK && rename(temporary, path) != 0)
            code = fail_io(reterr, "replace", path);
        if (code == TG_OK)
            sync_directory_of(path);
        else
            (void)unlink(temporary);
    }
    tg_free(temporary);
    return code;
}

/* ---- lock ---- */

static enum tg_code fail_locked(const char *path, int descriptor, struct tg_error *reterr)
{
    char text[32] = {0};
    ssize_t length = pread(descriptor, text, sizeof text - 1, 0);
    int64_t pid = 0;
    while (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && tg_parse_int64(tg_slice_of(text, (size_t)length), 1, INT_MAX, &pid))
        (void)tg_fail(reterr, TG_CODE_LOCKED, "the state directory %s is in use by process %lld", path,
                      (long long)pid);
    else
        (void)tg_fail(reterr, TG_CODE_LOCKED, "the state directory %s is in use by another process", path);
    return tg_fail_hint(reterr, "stop that process, or give this one another state.dir");
}

static enum tg_code lock(struct tg_directory *directory, struct tg_error *reterr)
{
    char *path = join(directory->path, "LOCK");
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enum tg_code code = TG_OK;
    if (descriptor < 0) {
        code = fail_io(reterr, "write to the state directory: cannot open", path);
    } else if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            code = fail_locked(directory->path, descriptor, reterr);
        else
            code = fail_io(reterr, "lock", path);
        close(descriptor);
    } else {
        directory->lock_descriptor = descriptor;
        char pid[32];
        int length = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
        if (ftruncate(descriptor, 0) != 0)
            code = fail_io(reterr, "write", path);
        else
            code = write_all(descriptor, tg_slice_of(pid, (size_t)length), path, reterr);
    }
    tg_free(path);
    return code;
}

/* ---- format and application ---- */

static enum tg_code check_format(const char *path, struct tg_slice text, const char *application_id,
                                 struct tg_error *reterr)
{
    const char *newline = memchr(text.data, '\n', text.length);
    struct tg_slice first = text;
    struct tg_slice rest = {NULL, 0};
    if (newline != NULL) {
        first.length = (size_t)((const uint8_t *)newline - text.data);
        rest = tg_slice_of(text.data + first.length + 1, text.length - first.length - 1);
        if (rest.length > 0 && rest.data[rest.length - 1] == '\n')
            rest.length--;
    }
    static const char head[] = "turgo-state ";
    static const char application[] = "application.id=";
    size_t head_length = sizeof head - 1;
    size_t application_length = sizeof application - 1;
    int64_t version = 0;
    bool known = first.length > head_length && memcmp(first.data, head, head_length) == 0 &&
                 tg_parse_int64(tg_slice_of(first.data + head_length, first.length - head_length), 1, INT_MAX,
                                &version);
    if (known && version > FORMAT_VERSION) {
        (void)tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                      "the state directory has format version %lld, this program knows up to %d: %s",
                      (long long)version, FORMAT_VERSION, path);
        return tg_fail_hint(
            reterr, "run the newer program, or give this one another state.dir: it restores from Kafka");
    }
    if (!known || rest.length < application_length ||
        memcmp(rest.data, application, application_length) != 0) {
        (void)tg_fail(reterr, TG_CODE_STATE_MISMATCH, "%s is not a format file of a state directory", path);
        return tg_fail_hint(
            reterr, "give another state.dir, or move this directory away: state is restored from Kafka");
    }
    struct tg_slice owner = tg_slice_of(rest.data + application_length, rest.length - application_length);
    if (tg_slice_is(owner, application_id))
        return TG_OK;
    (void)tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                  "the state directory belongs to application \"%.*s\", not \"%s\": %s",
                  TG_SLICE_FORMAT(owner), application_id, path);
    return tg_fail_hint(reterr, "each application needs its own state.dir");
}

static enum tg_code open_format(struct tg_directory *directory, const char *application_id,
                                struct tg_error *reterr)
{
    char *path = join(directory->path, "format");
    struct tg_buffer content = {0};
    enum tg_code code = TG_OK;
    if (exists(path)) {
        code = tg_read_file(path, 65536, &content, reterr);
        if (code == TG_OK)
            code = check_format(path, tg_buffer_slice(&content), application_id, reterr);
    } else if (exists(directory->database_path)) {
        code = tg_fail(reterr, TG_CODE_STATE_MISMATCH,
                       "%s has a database but no format file: whose it is, is unknown", directory->path);
        (void)tg_fail_hint(
            reterr, "give another state.dir, or move this directory away: state is restored from Kafka");
    } else {
        tg_buffer_printf(&content, "turgo-state %d\napplication.id=%s\n", FORMAT_VERSION, application_id);
        code = tg_replace_file(path, tg_buffer_slice(&content), reterr);
    }
    tg_buffer_done(&content);
    tg_free(path);
    return code;
}

/* ---- process id ---- */

static enum tg_code make_uuid(char text[TG_PROCESS_ID_LENGTH + 1], struct tg_error *reterr)
{
    uint8_t bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return fail_io(reterr, "read", "random bytes");
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4, variant 1: RFC 4122 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    size_t at = 0;
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text[at++] = '-';
        text[at++] = "0123456789abcdef"[bytes[i] >> 4];
        text[at++] = "0123456789abcdef"[bytes[i] & 15];
    }
    text[at] = '\0';
    return TG_OK;
}

static bool is_uuid(struct tg_slice text)
{
    if (text.length != TG_PROCESS_ID_LENGTH)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        uint8_t byte = text.data[i];
        bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
        if (dash ? byte != '-' : !hex)
            return false;
    }
    return true;
}

static enum tg_code open_process_id(struct tg_directory *directory, struct tg_error *reterr)
{
    char *path = join(directory->path, "process.id");
    struct tg_buffer content = {0};
    enum tg_code code = TG_OK;
    if (exists(path)) {
        code = tg_read_file(path, 4096, &content, reterr);
        if (content.length > 0 && content.data[content.length - 1] == '\n')
            content.length--;
        if (code == TG_OK && is_uuid(tg_buffer_slice(&content)))
            memcpy(directory->process_id, content.data, TG_PROCESS_ID_LENGTH);
        else if (code == TG_OK)
            code = tg_fail(reterr, TG_CODE_CORRUPT, "%s does not hold a UUID", path);
    } else {
        code = make_uuid(directory->process_id, reterr);
        tg_buffer_printf(&content, "%s\n", directory->process_id);
        if (code == TG_OK)
            code = tg_replace_file(path, tg_buffer_slice(&content), reterr);
    }
    tg_buffer_done(&content);
    tg_free(path);
    return code;
}

enum tg_code tg_directory_open(const char *path, const char *application_id,
                               struct tg_directory *ret_directory, struct tg_error *reterr)
{
    *ret_directory = (struct tg_directory){.lock_descriptor = -1};
    if (path == NULL)
        return make_uuid(ret_directory->process_id, reterr);
    if (strchr(application_id, '\n') != NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "an application id cannot hold a line break");
    ret_directory->path = tg_strdup(path);
    ret_directory->database_path = join(path, "db");
    ret_directory->facts_path = join(path, "facts");
    TG_TRY(make_directories(path, reterr));
    TG_TRY(lock(ret_directory, reterr));
    TG_TRY(open_format(ret_directory, application_id, reterr));
    return open_process_id(ret_directory, reterr);
}

void tg_directory_close(struct tg_directory *directory)
{
    tg_free(directory->path);
    tg_free(directory->database_path);
    tg_free(directory->facts_path);
    tg_free(directory->set_aside);
    if (directory->lock_descriptor >= 0)
        close(directory->lock_descriptor);
    *directory = (struct tg_directory){.lock_descriptor = -1};
}

/* ---- damage ---- */

bool tg_directory_is_damaged(const struct tg_directory *directory)
{
    DIR *stream = opendir(directory->database_path);
    if (stream == NULL)
        return false;
    bool marked = false;
    bool has_tables = false;
    bool has_current = false;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        size_t length = strlen(entry->d_name);
        marked = marked || strcmp(entry->d_name, "DAMAGED") == 0;
        has_current = has_current || strcmp(entry->d_name, "CURRENT") == 0;
        has_tables = has_tables || (length > 4 && strcmp(entry->d_name + length - 4, ".sst") == 0);
    }
    closedir(stream);
    return marked || (has_tables && !has_current);
}

void tg_directory_mark_damaged(const struct tg_directory *directory, const char *reason)
{
    if (directory->path == NULL)
        return;
    char *path = join(directory->database_path, "DAMAGED");
    if (!exists(path)) {
        char *line = tg_format("%s\n", reason);
        struct tg_error error;
        /* If the mark cannot be written, the next read of the damaged block tries again. */
        (void)!tg_replace_file(path, tg_slice_text(line), &error);
        tg_free(line);
    }
    tg_free(path);
}

enum tg_code tg_directory_free_name(const struct tg_directory *directory, const char *kind, char **ret_path,
                                    struct tg_error *reterr)
{
    for (int number = 1; number < SET_ASIDE_MAX; number++) {
        *ret_path = tg_format("%s.%s-%d", directory->database_path, kind, number);
        if (!exists(*ret_path))
            return TG_OK;
        tg_free(TG_MOVE(*ret_path));
    }
    return tg_fail(reterr, TG_CODE_IO, "%s.%s-1 to %d exist: remove old ones", directory->database_path, kind,
                   SET_ASIDE_MAX - 1);
}

enum tg_code tg_directory_explain(const char *copy_path, const char *reason, struct tg_error *reterr)
{
    char *path = join(copy_path, "REASON");
    char *line = tg_format("%s\n", reason);
    enum tg_code code = tg_replace_file(path, tg_slice_text(line), reterr);
    tg_free(line);
    tg_free(path);
    return code;
}

enum tg_code tg_directory_set_aside(struct tg_directory *directory, const char *reason,
                                    struct tg_error *reterr)
{
    tg_directory_mark_damaged(directory, reason);
    char *target = NULL;
    TG_TRY(tg_directory_free_name(directory, "damaged", &target, reterr));
    if (rename(directory->database_path, target) != 0) {
        enum tg_code code = fail_io(reterr, "set aside", directory->database_path);
        tg_free(target);
        return code;
    }
    sync_directory_of(target);
    tg_free(directory->set_aside);
    directory->set_aside = target;
    return TG_OK;
}

static void remove_file(const char *directory, const char *name)
{
    char *path = join(directory, name);
    (void)unlink(path);
    tg_free(path);
}

static void remove_flat_directory(const char *path)
{
    DIR *stream = opendir(path);
    if (stream == NULL)
        return;
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            remove_file(path, entry->d_name);
    }
    closedir(stream);
    (void)rmdir(path);
}

void tg_directory_remove_content(const struct tg_directory *directory)
{
    if (directory->path == NULL)
        return;
    static const char *const names[] = {"format", "process.id", "facts", "LOCK"};
    remove_flat_directory(directory->database_path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        remove_file(directory->path, names[i]);
    (void)rmdir(directory->path);
}
