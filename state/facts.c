#include "state/facts.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "state/directory.h"

#define XXH_INLINE_ALL
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <xxhash.h>

/* A fact in the file: checksum u32 of all that follows | name length u32 | value length u32 | name | value.
 */
#define HEAD_BYTES 12u
#define FILE_BYTES_MAX (256u << 20)
#define DEAD_BYTES_MAX 65536u /* of replaced facts, before the file is written anew at open */

struct tg_facts {
    pthread_mutex_t lock;
    struct tg_map *values; /* name -> struct tg_buffer * */
    int descriptor;        /* -1: in memory */
    off_t length;          /* of the good part of the file */
    char *path;
};

static uint32_t checksum(const uint8_t *bytes, size_t length)
{
    return (uint32_t)XXH3_64bits(bytes, length);
}

static void append_fact(struct tg_buffer *out, struct tg_slice name, struct tg_slice value)
{
    size_t start = out->length;
    tg_buffer_append_u32(out, 0);
    tg_buffer_append_u32(out, (uint32_t)name.length);
    tg_buffer_append_u32(out, (uint32_t)value.length);
    tg_buffer_append_slice(out, name);
    tg_buffer_append_slice(out, value);
    tg_store_u32(out->data + start, checksum(out->data + start + 4, out->length - start - 4));
}

static void remember(struct tg_facts *facts, struct tg_slice name, struct tg_slice value)
{
    struct tg_buffer *kept = tg_map_get(facts->values, name);
    if (kept == NULL) {
        kept = tg_alloc_zero(1, sizeof *kept);
        (void)tg_map_put(facts->values, name, kept);
    }
    tg_buffer_clear(kept);
    tg_buffer_append_slice(kept, value);
}

static bool all_zero(struct tg_slice bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        if (bytes.data[i] != 0)
            return false;
    }
    return true;
}

/* Reads the facts; *ret_good is the length of what is whole. */
static enum tg_code parse(struct tg_facts *facts, struct tg_slice content, size_t *ret_good,
                          struct tg_error *reterr)
{
    size_t at = 0;
    while (content.length - at >= HEAD_BYTES) {
        const uint8_t *head = content.data + at;
        size_t name_length = tg_load_u32(head + 4);
        size_t value_length = tg_load_u32(head + 8);
        size_t length = HEAD_BYTES + name_length + value_length;
        if (length > content.length - at)
            break; /* the last write was cut short */
        if (tg_load_u32(head) != checksum(head + 4, length - 4)) {
            /* A crash of the machine can leave zeros where the last write, or a part of it, would have gone.
             */
            if (all_zero(tg_slice_of(head + length, content.length - at - length)))
                break;
            (void)tg_fail(reterr, TG_CODE_CORRUPT, "%s is damaged at byte %zu", facts->path, at);
            return tg_fail_hint(reterr,
                                "move it away to start without it: statements that run once would run again");
        }
        remember(facts, tg_slice_of(head + HEAD_BYTES, name_length),
                 tg_slice_of(head + HEAD_BYTES + name_length, value_length));
        at += length;
    }
    *ret_good = at;
    return TG_OK;
}

static enum tg_code compact(struct tg_facts *facts, size_t *length, struct tg_error *reterr)
{
    struct tg_buffer live = {0};
    for (size_t i = 0; i < tg_map_count(facts->values); i++) {
        const struct tg_buffer *value = tg_map_value(facts->values, i);
        append_fact(&live, tg_map_key(facts->values, i), tg_buffer_slice(value));
    }
    enum tg_code code = TG_OK;
    if (live.length + DEAD_BYTES_MAX < *length) {
        code = tg_replace_file(facts->path, tg_buffer_slice(&live), reterr);
        if (code == TG_OK)
            *length = live.length;
    }
    tg_buffer_done(&live);
    return code;
}

static enum tg_code load(struct tg_facts *facts, struct tg_error *reterr)
{
    size_t good = 0;
    if (access(facts->path, F_OK) == 0) {
        struct tg_buffer content = {0};
        enum tg_code code = tg_read_file(facts->path, FILE_BYTES_MAX, &content, reterr);
        if (code == TG_OK)
            code = parse(facts, tg_buffer_slice(&content), &good, reterr);
        tg_buffer_done(&content);
        TG_TRY(code);
        TG_TRY(compact(facts, &good, reterr));
    } else {
        TG_TRY(tg_replace_file(facts->path, tg_slice_of(NULL, 0), reterr));
    }
    facts->descriptor = open(facts->path, O_WRONLY | O_CLOEXEC);
    if (facts->descriptor < 0 || ftruncate(facts->descriptor, (off_t)good) != 0)
        return tg_fail(reterr, TG_CODE_IO, "cannot write %s: %s", facts->path, strerror(errno));
    facts->length = (off_t)good;
    return TG_OK;
}

enum tg_code tg_facts_open(const char *path, struct tg_facts **ret_facts, struct tg_error *reterr)
{
    struct tg_facts *facts = tg_alloc_zero(1, sizeof *facts);
    pthread_mutex_init(&facts->lock, NULL);
    facts->values = tg_map_new();
    facts->descriptor = -1;
    enum tg_code code = TG_OK;
    if (path != NULL) {
        facts->path = tg_strdup(path);
        code = load(facts, reterr);
    }
    if (code != TG_OK) {
        tg_facts_close(facts);
        facts = NULL;
    }
    *ret_facts = facts;
    return code;
}

void tg_facts_close(struct tg_facts *facts)
{
    if (facts == NULL)
        return;
    for (size_t i = 0; i < tg_map_count(facts->values); i++) {
        struct tg_buffer *value = tg_map_value(facts->values, i);
        tg_buffer_done(value);
        tg_free(value);
    }
    tg_map_free(facts->values);
    if (facts->descriptor >= 0)
        close(facts->descriptor);
    pthread_mutex_destroy(&facts->lock);
    tg_free(facts->path);
    tg_free(facts);
}

bool tg_facts_get(struct tg_facts *facts, struct tg_slice name, struct tg_buffer *ret_value)
{
    tg_buffer_clear(ret_value);
    pthread_mutex_lock(&facts->lock);
    const struct tg_buffer *value = tg_map_get(facts->values, name);
    if (value != NULL)
        tg_buffer_append_slice(ret_value, tg_buffer_slice(value));
    pthread_mutex_unlock(&facts->lock);
    return value != NULL;
}

/* Writes at the end of the good part, so that a write that failed half-way is overwritten by the next. */
static enum tg_code write_fact(struct tg_facts *facts, struct tg_slice bytes, struct tg_error *reterr)
{
    off_t at = facts->length;
    while (bytes.length > 0) {
        ssize_t written = pwrite(facts->descriptor, bytes.data, bytes.length, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        at += written;
        bytes = tg_slice_of(bytes.data + written, bytes.length - (size_t)written);
    }
    if (bytes.length > 0 || fdatasync(facts->descriptor) != 0) {
        int reason = errno;
        (void)!ftruncate(facts->descriptor, facts->length);
        return tg_fail(reterr, TG_CODE_IO, "cannot write %s: %s", facts->path, strerror(reason));
    }
    facts->length = at;
    return TG_OK;
}

enum tg_code tg_facts_put(struct tg_facts *facts, struct tg_slice name, struct tg_slice value,
                          struct tg_error *reterr)
{
    struct tg_buffer bytes = {0};
    append_fact(&bytes, name, value);
    pthread_mutex_lock(&facts->lock);
    enum tg_code code = facts->descriptor < 0 ? TG_OK : write_fact(facts, tg_buffer_slice(&bytes), reterr);
    if (code == TG_OK)
        remember(facts, name, value);
    pthread_mutex_unlock(&facts->lock);
    tg_buffer_done(&bytes);
    return code;
}
