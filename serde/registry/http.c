/* A registry behind HTTP, through libcurl: requests, fail-over between URLs, retries, what answers mean. */
#include "base/clock.h"
#include "base/memory.h"
#include "serde/json/tree.h"
#include "serde/registry/settings.h"
#include "serde/registry/source.h"

#include <curl/curl.h>
#include <pthread.h>
#include <time.h>

enum {
    ANSWER_BYTES_MAX = 64 << 20,
    RETRY_MS_MIN = 50,
    RETRY_MS_MAX = 2000,
    WORDS_MAX = 300, /* of an answer that is no JSON, in messages */
};

#define CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

struct http {
    struct tg_registry_source base; /* first: an http is a source */
    struct tg_arena *arena;
    struct tg_registry_settings settings;
    struct curl_slist *headers;
    _Atomic uint32_t preferred; /* the URL that answered last */
};

/* One call: the same for each URL and retry. */
struct request {
    const char *path;       /* "/subjects/..." */
    const char *body;       /* POST; NULL: GET */
    struct tg_arena *arena; /* of the answer */
};

struct answer {
    long status;
    struct tg_buffer body;
    const struct tg_json_tree *json;  /* NULL: it is none */
    char fault[CURL_ERROR_SIZE + 64]; /* no answer: why */
};

/* ---- one request ---- */

static size_t take_bytes(char *data, size_t size, size_t count, void *context)
{
    struct tg_buffer *body = context;
    if (body->length + size * count > ANSWER_BYTES_MAX)
        return 0;
    tg_buffer_append(body, data, size * count);
    return size * count;
}

static int must_stop(void *context, curl_off_t download_total, curl_off_t download, curl_off_t upload_total,
                     curl_off_t upload)
{
    (void)download_total;
    (void)download;
    (void)upload_total;
    (void)upload;
    const atomic_bool *stop = context;
    return atomic_load(stop) ? 1 : 0;
}

static void set_security(CURL *curl, const struct tg_registry_settings *settings)
{
    if (settings->user != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        (void)curl_easy_setopt(curl, CURLOPT_USERNAME, settings->user);
        (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, settings->password);
    }
    if (settings->token != NULL) {
        (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        (void)curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, settings->token);
    }
    if (settings->ca_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file);
    if (settings->certificate_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_SSLCERT, settings->certificate_file);
    if (settings->key_file != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_SSLKEY, settings->key_file);
    if (settings->key_password != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_KEYPASSWD, settings->key_password);
    (void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, settings->checks_host ? 2L : 0L);
}

/* Fills the answer; its body is empty if there is none. */
static void perform(struct http *http, const char *url, const struct request *request, struct answer *answer)
{
    CURL *curl = curl_easy_init();
    char *full = tg_format("%s%s", url, request->path);
    TG_ASSERT(curl != NULL);
    answer->fault[0] = '\0';
    answer->status = 0;
    tg_buffer_clear(&answer->body);
    (void)curl_easy_setopt(curl, CURLOPT_URL, full);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)http->settings.request_ms);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, answer->fault);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, must_stop);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, http->base.stop);
    if (request->body != NULL)
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    set_security(curl, &http->settings);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    else if (answer->fault[0] == '\0')
        (void)snprintf(answer->fault, sizeof answer->fault, "%s", curl_easy_strerror(code));
    curl_easy_cleanup(curl);
    tg_free(full);
}

/* ---- what an answer means ---- */

/* The registry's own word: an object with its error code. Anything else is somebody else's, or a fault. */
static bool is_word(const struct answer *answer)
{
    return tg_json_tree_int64(tg_json_tree_get(answer->json, "error_code"), 0) != 0;
}

/* May another URL, or the same one later, answer otherwise? */
static bool is_away(const struct answer *answer)
{
    if (answer->status == 0 || answer->status >= 500 || answer->status == 408 || answer->status == 429)
        return true;
    if (answer->status >= 200 && answer->status < 300)
        return answer->json == NULL;
    return answer->status == 404 && !is_word(answer);
}

static void take_json(const struct request *request, struct answer *answer)
{
    struct tg_error ignored;
    answer->json = NULL;
    if (answer->status == 0)
        return;
    struct tg_slice text = tg_arena_copy(request->arena, tg_buffer_slice(&answer->body));
    if (tg_json_tree_parse(request->arena, text, &answer->json, &ignored) != TG_OK)
        answer->json = NULL;
}

static enum tg_code fail_away(const struct http *http, const struct answer *answer, struct tg_error *reterr)
{
    if (answer->status == 0)
        (void)tg_fail(reterr, TG_CODE_REGISTRY_UNREACHABLE, "the schema registry at %s does not answer: %s",
                      http->settings.list, answer->fault);
    else
        (void)tg_fail(reterr, TG_CODE_REGISTRY_UNREACHABLE,
                      "the schema registry at %s answers with status %ld and no answer of a registry",
                      http->settings.list, answer->status);
    if (reterr != NULL)
        reterr->retriable = true;
    return tg_fail_hint(reterr, "schema.registry.url says where it is");
}

/* A refusal in the registry's own words. */
static enum tg_code fail_refused(const struct http *http, const struct answer *answer,
                                 struct tg_error *reterr)
{
    const char *message = tg_json_tree_text(tg_json_tree_get(answer->json, "message"));
    int64_t number = tg_json_tree_int64(tg_json_tree_get(answer->json, "error_code"), answer->status);
    if (answer->status == 401 || answer->status == 403) {
        (void)tg_fail(reterr, TG_CODE_REGISTRY, "the schema registry at %s refuses us (status %ld)",
                      http->settings.list, answer->status);
        return tg_fail_hint(reterr, "set basic.auth.user.info or bearer.auth.token");
    }
    enum tg_code code = TG_CODE_REGISTRY;
    if (answer->status == 404)
        code = TG_CODE_SCHEMA_UNKNOWN;
    else if (answer->status == 409 || answer->status == 422)
        code = TG_CODE_SCHEMA_REFUSED;
    size_t length = answer->body.length < WORDS_MAX ? answer->body.length : WORDS_MAX;
    if (message != NULL)
        return tg_fail(reterr, code, "the schema registry says: %s (%lld)", message, (long long)number);
    return tg_fail(reterr, code, "the schema registry answers with status %ld: %.*s", answer->status,
                   (int)length, (const char *)answer->body.data);
}

/* ---- fail-over and retries ---- */

static void sleep_ms(int ms)
{
    const struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

/* Each URL once, from the one that answered last; false: none did. */
static bool try_urls(struct http *http, const struct request *request, struct answer *answer)
{
    uint32_t first = http->preferred;
    for (uint32_t i = 0; i < http->settings.url_count && !atomic_load(http->base.stop); i++) {
        uint32_t at = (first + i) % http->settings.url_count;
        perform(http, http->settings.urls[at], request, answer);
        take_json(request, answer);
        if (is_away(answer))
            continue;
        http->preferred = at;
        return true;
    }
    return false;
}

/* *ret_json is the answer of status 2xx. */
static enum tg_code call(struct http *http, const struct request *request,
                         const struct tg_json_tree **ret_json, struct tg_error *reterr)
{
    struct answer answer = {.fault = "the client is closing"};
    int64_t end_us = tg_clock_monotonic_us(tg_clock_real()) + (int64_t)http->settings.total_ms * 1000;
    int delay_ms = RETRY_MS_MIN;
    bool answered = try_urls(http, request, &answer);
    while (!answered && !atomic_load(http->base.stop) &&
           tg_clock_monotonic_us(tg_clock_real()) + delay_ms * 1000 < end_us) {
        sleep_ms(delay_ms);
        delay_ms = delay_ms * 2 > RETRY_MS_MAX ? RETRY_MS_MAX : delay_ms * 2;
        answered = try_urls(http, request, &answer);
    }
    enum tg_code code = TG_OK;
    if (!answered)
        code = fail_away(http, &answer, reterr);
    else if (answer.status < 200 || answer.status >= 300)
        code = fail_refused(http, &answer, reterr);
    *ret_json = answer.json;
    tg_buffer_done(&answer.body);
    return code;
}

/* ---- the registry's calls ---- */

/* Percent-encoded: subjects may hold slashes. In the arena. */
static const char *quote(struct tg_arena *arena, const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0);
    const char *copy = tg_arena_text(arena, tg_slice_text(escaped == NULL ? "" : escaped));
    curl_free(escaped);
    return copy;
}

static const char *schema_body(struct tg_arena *arena, const struct tg_registry_schema *schema)
{
    struct tg_buffer out = {0};
    tg_buffer_append_text(&out, "{\"schema\":");
    tg_buffer_append_json_string(&out, schema->text);
    tg_buffer_printf(&out, ",\"schemaType\":\"%s\"", tg_registry_type_name(schema->type));
    for (uint32_t i = 0; i < schema->reference_count; i++) {
        const struct tg_registry_reference *reference = &schema->references[i];
        tg_buffer_append_text(&out, i == 0 ? ",\"references\":[{\"name\":" : ",{\"name\":");
        tg_buffer_append_json_string(&out, tg_slice_text(reference->name));
        tg_buffer_append_text(&out, ",\"subject\":");
        tg_buffer_append_json_string(&out, tg_slice_text(reference->subject));
        tg_buffer_printf(&out, ",\"version\":%d}", reference->version);
    }
    tg_buffer_append_text(&out, schema->reference_count > 0 ? "]}" : "}");
    const char *text = tg_arena_text(arena, tg_buffer_slice(&out));
    tg_buffer_done(&out);
    return text;
}

static enum tg_code fail_answer(const struct http *http, const char *what, struct tg_error *reterr)
{
    return tg_fail(reterr, TG_CODE_REGISTRY, "the schema registry at %s answers without %s",
                   http->settings.list, what);
}

static enum tg_code read_references(const struct http *http, struct tg_arena *arena,
                                    const struct tg_json_tree *list, struct tg_registry_schema *schema,
                                    struct tg_error *reterr)
{
    uint32_t count = tg_json_tree_count(list);
    struct tg_registry_reference *references = tg_arena_alloc_zero(arena, count + 1, sizeof *references);
    for (uint32_t i = 0; i < count; i++) {
        references[i] = (struct tg_registry_reference){
            tg_json_tree_text(tg_json_tree_get(list->items[i], "name")),
            tg_json_tree_text(tg_json_tree_get(list->items[i], "subject")),
            (int32_t)tg_json_tree_int64(tg_json_tree_get(list->items[i], "version"), 0)};
        if (references[i].name == NULL || references[i].subject == NULL)
            return fail_answer(http, "the names of a schema's references", reterr);
    }
    schema->reference_count = count;
    schema->references = references;
    return TG_OK;
}

/* "schemaType" is absent for Avro with some registries. */
static enum tg_code read_schema(const struct http *http, struct tg_arena *arena,
                                const struct tg_json_tree *json, struct tg_registry_schema *schema,
                                struct tg_error *reterr)
{
    const struct tg_json_tree *text = tg_json_tree_get(json, "schema");
    const struct tg_json_tree *type = tg_json_tree_get(json, "schemaType");
    *schema = (struct tg_registry_schema){
        .id = (int32_t)tg_json_tree_int64(tg_json_tree_get(json, "id"), 0),
        .version = (int32_t)tg_json_tree_int64(tg_json_tree_get(json, "version"), 0),
        .type = TG_REGISTRY_AVRO};
    if (tg_json_tree_text(text) == NULL)
        return fail_answer(http, "a schema", reterr);
    if (tg_json_tree_text(type) != NULL && !tg_registry_type_of(type->text, &schema->type))
        return tg_fail(reterr, TG_CODE_UNSUPPORTED, "schemas of type %s are not supported",
                       tg_json_tree_text(type));
    schema->text = text->text;
    return read_references(http, arena, tg_json_tree_get(json, "references"), schema, reterr);
}

static enum tg_code get(struct tg_registry_source *self, const struct tg_registry_key *key,
                        struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                        struct tg_error *reterr)
{
    struct http *http = (struct http *)self;
    const uint8_t *g = key->guid;
    struct request request = {.arena = arena};
    const struct tg_json_tree *json = NULL;
    if (g == NULL)
        request.path = tg_arena_printf(arena, "/schemas/ids/%d", key->id);
    else
        request.path = tg_arena_printf(
            arena, "/schemas/guids/%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
            g[0], g[1], g[2], g[3], g[4], g[5], g[6], g[7], g[8], g[9], g[10], g[11], g[12], g[13], g[14],
            g[15]);
    TG_TRY(call(http, &request, &json, reterr));
    TG_TRY(read_schema(http, arena, json, ret_schema, reterr));
    ret_schema->version = 0;
    return TG_OK;
}

static enum tg_code get_version(struct tg_registry_source *self, const char *subject, int32_t version,
                                struct tg_arena *arena, struct tg_registry_schema *ret_schema,
                                struct tg_error *reterr)
{
    struct http *http = (struct http *)self;
    const char *name = quote(arena, subject);
    const struct request request = {
        .path = version == 0 ? tg_arena_printf(arena, "/subjects/%s/versions/latest", name)
                             : tg_arena_printf(arena, "/subjects/%s/versions/%d", name, version),
        .arena = arena};
    const struct tg_json_tree *json = NULL;
    TG_TRY(call(http, &request, &json, reterr));
    TG_TRY(read_schema(http, arena, json, ret_schema, reterr));
    return ret_schema->id > 0 ? TG_OK : fail_answer(http, "the schema's id", reterr);
}

/* POST of a schema; *ret_id from the answer. */
static enum tg_code post(struct http *http, const char *path, const char *subject,
                         const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_json_tree *json = NULL;
    const char *suffix = http->settings.normalize ? "?normalize=true" : "";
    const struct request request = {
        .path = tg_arena_printf(arena, "/subjects/%s%s%s", quote(arena, subject), path, suffix),
        .body = schema_body(arena, schema),
        .arena = arena};
    enum tg_code code = call(http, &request, &json, reterr);
    if (code == TG_OK) {
        *ret_id = (int32_t)tg_json_tree_int64(tg_json_tree_get(json, "id"), 0);
        if (*ret_id <= 0)
            code = fail_answer(http, "the schema's id", reterr);
    }
    tg_arena_free(arena);
    return code;
}

static enum tg_code look_up(struct tg_registry_source *self, const char *subject,
                            const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr)
{
    return post((struct http *)self, "", subject, schema, ret_id, reterr);
}

/* The id of the subject's latest schema, which records are then written by (use.latest.version). */
static enum tg_code latest_id(struct tg_registry_source *self, const char *subject, int32_t *ret_id,
                              struct tg_error *reterr)
{
    struct tg_arena *arena = tg_arena_new(0);
    struct tg_registry_schema schema = {0};
    enum tg_code code = get_version(self, subject, 0, arena, &schema, reterr);
    *ret_id = schema.id;
    tg_arena_free(arena);
    return code;
}

static enum tg_code enter(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, int32_t *ret_id, struct tg_error *reterr)
{
    struct http *http = (struct http *)self;
    if (http->settings.use_latest)
        return latest_id(self, subject, ret_id, reterr);
    if (http->settings.auto_register)
        return post(http, "/versions", subject, schema, ret_id, reterr);
    enum tg_code code = look_up(self, subject, schema, ret_id, reterr);
    return code != TG_CODE_SCHEMA_UNKNOWN
               ? code
               : tg_fail_hint(reterr, "register the schema first, or set auto.register.schemas=true");
}

static enum tg_code check(struct tg_registry_source *self, const char *subject,
                          const struct tg_registry_schema *schema, bool *ret_compatible,
                          struct tg_error *reterr)
{
    struct http *http = (struct http *)self;
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_json_tree *json = NULL;
    const struct request request = {
        .path = tg_arena_printf(arena, "/compatibility/subjects/%s/versions/latest", quote(arena, subject)),
        .body = schema_body(arena, schema),
        .arena = arena};
    enum tg_code code = call(http, &request, &json, reterr);
    if (code == TG_OK) {
        const struct tg_json_tree *compatible = tg_json_tree_get(json, "is_compatible");
        *ret_compatible = compatible != NULL && compatible->kind == TG_JSON_TREE_TRUE;
    } else if (code == TG_CODE_SCHEMA_UNKNOWN) {
        *ret_compatible = true;
        code = TG_OK;
    }
    tg_arena_free(arena);
    return code;
}

/* An empty registry may answer null. */
static enum tg_code subjects(struct tg_registry_source *self, struct tg_arena *arena,
                             const char *const **ret_subjects, uint32_t *ret_count, struct tg_error *reterr)
{
    const struct request request = {.path = "/subjects", .arena = arena};
    const struct tg_json_tree *json = NULL;
    TG_TRY(call((struct http *)self, &request, &json, reterr));
    const char **list = tg_arena_alloc_zero(arena, tg_json_tree_count(json) + 1, sizeof(char *));
    *ret_count = 0;
    for (uint32_t i = 0; i < tg_json_tree_count(json); i++)
        if (tg_json_tree_text(json->items[i]) != NULL)
            list[(*ret_count)++] = tg_json_tree_text(json->items[i]);
    *ret_subjects = list;
    return TG_OK;
}

static void close_http(struct tg_registry_source *self)
{
    struct http *http = (struct http *)self;
    curl_slist_free_all(http->headers);
    tg_arena_free(http->arena);
    tg_free(http);
}

static const struct tg_registry_source_kind http_kind = {
    .waits = true,
    .get = get,
    .get_version = get_version,
    .enter = enter,
    .look_up = look_up,
    .check = check,
    .subjects = subjects,
    .close = close_http,
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    TG_ASSERT(code == CURLE_OK);
}

enum tg_code tg_registry_open(const struct tg_properties *properties, struct tg_registry **ret_registry,
                              struct tg_error *reterr)
{
    struct http *http = tg_alloc_zero(1, sizeof *http);
    *ret_registry = NULL;
    http->arena = tg_arena_new(0);
    enum tg_code code = tg_registry_settings_read(http->arena, properties, &http->settings, reterr);
    if (code != TG_OK || http->settings.url_count == 0) {
        close_http(&http->base);
        return code;
    }
    (void)pthread_once(&curl_once, start_curl);
    http->headers = curl_slist_append(NULL, "Content-Type: " CONTENT_TYPE);
    http->headers = curl_slist_append(http->headers, "Accept: " CONTENT_TYPE ", application/json");
    http->base = (struct tg_registry_source){.kind = &http_kind, .address = http->settings.list};
    *ret_registry = tg_registry_of_source(&http->base);
    return TG_OK;
}
