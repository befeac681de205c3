/* kafka/memory_internal.h: what the files of the memory twin share. Private to kafka/memory_*.c.
 *
 * One mutex per cluster guards everything but the bytes of records, which never change once they are in a
 * log. Functions named memory_* expect it to be held unless they say otherwise. */
#pragma once

#include "base/map.h"
#include "base/memory.h"
#include "kafka/memory.h"
#include "kafka/twin.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- logs (memory_log.c) ---- */

enum { MEMORY_CHUNK_RECORDS = 256 };

enum memory_record_kind { MEMORY_DATA, MEMORY_CONTROL };

struct memory_record {
    struct memory_chunk *chunk;
    const uint8_t *key;     /* NULL: none */
    const uint8_t *value;   /* NULL: none */
    const uint8_t *headers; /* name length, name, value length (UINT32_MAX: none), value; native byte order */
    int64_t timestamp_ms;
    int64_t producer_id; /* -1: not in a transaction */
    uint32_t key_length;
    uint32_t value_length;
    uint32_t header_count;
    enum memory_record_kind kind;
    bool aborted;
};

struct memory_block {
    struct memory_block *next;
    size_t used;
    size_t size;
    uint8_t bytes[];
};

/* Records with consecutive offsets. Freed with its last reference: the log's, and one per message that was
 * polled from it. */
struct memory_chunk {
    _Atomic uint32_t references;
    uint32_t count;
    struct memory_block *blocks;
    struct memory_record records[MEMORY_CHUNK_RECORDS];
};

/* A transaction that has records here and is not decided. */
struct memory_open_transaction {
    int64_t producer_id;
    int64_t first_offset;
};

struct memory_log {
    struct memory_chunk *
        *chunks; /* chunk i holds offsets i * MEMORY_CHUNK_RECORDS ...; NULL where all was deleted */
    size_t chunk_count;
    size_t chunk_capacity;
    int64_t start_offset;
    int64_t high_watermark;
    struct memory_open_transaction *open;
    size_t open_count;
    size_t open_capacity;
};

struct memory_topic {
    char *name;
    uint64_t id; /* of no other topic of this cluster, also of the same name */
    int32_t partition_count;
    int32_t replication_factor; /* as it was asked for, else 1: nothing is replicated */
    struct memory_log *logs;
    struct tg_properties *settings;
    int64_t message_bytes_max;
    bool deleted; /* kept until the cluster closes, because handles may point here */
};

struct memory_partition {
    struct memory_topic *topic;
    int32_t partition;
};

/* Appends a data record and returns its offset. */
int64_t memory_log_append(struct memory_log *log, const struct tg_outgoing *record, int64_t producer_id);
/* Ends the producer's transaction here with a control record; marks its records when it is aborted. */
void memory_log_end_transaction(struct memory_log *log, int64_t producer_id, bool commit, int64_t now_ms);
int64_t memory_log_stable_offset(const struct memory_log *log);
const struct memory_record *memory_log_at(const struct memory_log *log, int64_t offset);
void memory_log_delete_before(struct memory_log *log, int64_t offset);
void memory_log_done(struct memory_log *log);
void memory_chunk_unref(struct memory_chunk *chunk); /* needs no lock */

/* ---- groups (memory_group.c, memory_group_offsets.c) ---- */

struct memory_committed {
    struct memory_partition where;
    int64_t offset;
    int32_t leader_epoch;
    char *metadata;
    uint64_t position;   /* in the order in which the coordinator wrote commits: the later wins */
    int64_t producer_id; /* pending: of this transaction */
};

struct memory_member {
    char *id;
    char *instance_id;                /* NULL: dynamic */
    struct memory_consumer *consumer; /* NULL: its process is gone, the session is not over yet */
    char **topics;
    size_t topic_count;
    struct memory_partition *partitions; /* the assignment of the group's generation */
    size_t partition_count;
    size_t partition_capacity;
    bool rejoined;      /* during a rebalance */
    int64_t expires_us; /* of a member without a process */
};

struct memory_group {
    char *name;
    int32_t generation;
    bool rebalancing;
    int64_t rebalance_deadline_us; /* members that have not rejoined by then are out */
    struct memory_member **members;
    size_t member_count;
    size_t member_capacity;
    struct memory_committed *committed;
    size_t committed_count;
    size_t committed_capacity;
    struct memory_committed *pending; /* of open transactions */
    size_t pending_count;
    size_t pending_capacity;
};

/* ---- transactions (memory_transaction.c) ---- */

struct memory_transactional {
    char *id;
    int64_t producer_id;
    int16_t epoch;
    bool ongoing; /* the coordinator has partitions or offsets of an open transaction */
    int64_t started_us;
    int64_t timeout_us;
    struct memory_partition *partitions;
    size_t partition_count;
    size_t partition_capacity;
    bool hold_next;
    enum tg_memory_hold hold_how;
    bool held;
    int16_t held_epoch;
};

/* ---- the cluster (memory_cluster.c) ---- */

struct memory_cluster {
    struct tg_cluster base;
    struct tg_clock *clock;
    bool blocks; /* the clock is real: calls may wait */
    bool auto_create_topics;
    int32_t default_partitions;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t waiting;        /* threads in memory_wait */
    uint64_t topics_version; /* grows when topics come and go */
    struct tg_map *topics;   /* struct memory_topic */
    struct memory_topic **deleted;
    size_t deleted_count;
    size_t deleted_capacity;
    struct tg_map *groups;         /* struct memory_group */
    struct tg_map *transactionals; /* struct memory_transactional */
    struct memory_consumer **consumers;
    size_t consumer_count;
    size_t consumer_capacity;
    size_t producer_count;
    bool crowded; /* what producers say */
    int64_t next_producer_id;
    uint64_t next_member;
    uint64_t next_commit_position;
    uint64_t calls[TG_MEMORY_CALL_COUNT];
    struct tg_memory_fault *faults;
    size_t fault_count;
    size_t fault_capacity;
};

/* Takes the mutex, and lets time do its work: transactions and sessions that ran out end first. */
struct memory_cluster *memory_lock(struct tg_cluster *base);
void memory_unlock(struct memory_cluster *cluster);
int64_t memory_now_us(const struct memory_cluster *cluster);
/* Waits for a change, with the mutex released meanwhile. False: the deadline is over (at once with a virtual
 * clock). */
bool memory_wait(struct memory_cluster *cluster, int64_t deadline_us);
/* Something happened: wakes waiters and event loops. */
void memory_changed(struct memory_cluster *cluster);
TG_MUST_CHECK enum tg_code memory_find_topic(struct memory_cluster *cluster, const char *name,
                                             struct memory_topic **ret_topic, struct tg_error *reterr);
/* The same, but creates it if the cluster may; NULL if unknown. */
struct memory_topic *memory_use_topic(struct memory_cluster *cluster, const char *name);
struct memory_topic *memory_add_topic(struct memory_cluster *cluster, const struct tg_topic_spec *spec);
TG_MUST_CHECK enum tg_code memory_find_log(struct memory_cluster *cluster, const char *topic,
                                           int32_t partition, struct memory_log **ret_log,
                                           struct tg_error *reterr);
bool memory_partition_equal(const struct memory_partition *a, const struct memory_partition *b);

/* ---- faults (memory_faults.c) ---- */

/* Counts the call. True: *ret_fault strikes now. */
bool memory_strike(struct memory_cluster *cluster, enum tg_memory_call call,
                   struct tg_memory_fault *ret_fault);
enum tg_code memory_fail_fault(const struct tg_memory_fault *fault, struct tg_error *reterr);
/* For calls without effects on the cluster: counts and fails. */
enum tg_code memory_strike_plain(struct memory_cluster *cluster, enum tg_memory_call call,
                                 struct tg_error *reterr);

/* ---- consumers ---- */

enum memory_cursor_state { MEMORY_ASSIGNED, MEMORY_STARTING, MEMORY_RUNNING };

struct memory_cursor {
    struct memory_partition where;
    uint32_t tag;
    int64_t start_offset;
    int64_t position;
    int64_t end_told; /* position of the last END message, -1: none since it moved */
    enum memory_cursor_state state;
    bool paused;
};

struct memory_consumer {
    struct tg_consumer base;
    struct memory_cluster *cluster;
    struct tg_rebalance_listener listener;
    enum tg_offset_reset offset_reset;
    enum tg_isolation isolation;
    int notify_descriptor;
    bool notified; /* since the last poll */
    int64_t session_us;
    int64_t poll_interval_us; /* 0: no limit */
    int64_t polled_us;
    char *instance_id;
    struct memory_group *group;   /* NULL: none */
    struct memory_member *member; /* NULL: not (or no longer) in the group */
    char *member_id;              /* as of the last join: a zombie still says it */
    int32_t generation;           /* of the assignment that the listener was told */
    bool assigned;                /* the listener was told */
    bool fenced;                  /* another process has our instance id */
    char **topics;
    size_t topic_count;
    size_t unknown_topic; /* index of the first topic to tell as unknown; topic_count: none */
    struct memory_cursor *cursors;
    size_t cursor_count;
    size_t cursor_capacity;
    size_t next_cursor; /* where the next poll begins, so that no partition starves */
};

enum tg_code memory_open_consumer(struct tg_cluster *base, const struct tg_consumer_options *options,
                                  struct tg_consumer **ret_consumer, struct tg_error *reterr);
/* memory_cursor.c */
struct memory_cursor *memory_cursor_find(struct memory_consumer *consumer, const char *topic,
                                         int32_t partition);
struct memory_log *memory_cursor_log(const struct memory_cursor *cursor);
void memory_cursor_add(struct memory_consumer *consumer, const struct memory_partition *where);
/* Gives up to `max` messages of the consumer's partitions. */
uint32_t memory_fetch(struct memory_consumer *consumer, struct tg_message *messages, uint32_t max);
enum tg_code memory_assign(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr);
enum tg_code memory_start(struct tg_consumer *base, const struct tg_start_request *request,
                          struct tg_error *reterr);
enum tg_code memory_pause(struct tg_consumer *base, const char *topic, int32_t partition,
                          struct tg_error *reterr);
enum tg_code memory_resume(struct tg_consumer *base, const char *topic, int32_t partition,
                           struct tg_error *reterr);
enum tg_code memory_seek(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                         int timeout_ms, struct tg_error *reterr);

/* memory_group.c */
struct memory_group *memory_group_get(struct memory_cluster *cluster, const char *name);
void memory_group_free(struct memory_group *group);
void memory_group_join(struct memory_consumer *consumer);
/* The process goes: a dynamic member leaves if `leave`, otherwise the session runs out by the clock. */
void memory_group_part(struct memory_consumer *consumer, bool leave);
void memory_group_remove(struct memory_cluster *cluster, struct memory_group *group,
                         struct memory_member *member);
void memory_group_tick(struct memory_cluster *cluster, struct memory_group *group, int64_t now_us);
/* A topic came or went: its subscribers get a new assignment. */
void memory_group_topic_changed(struct memory_cluster *cluster, const char *topic);
/* The member has given its partitions back; completes the rebalance when it is the last. */
void memory_group_rejoin(struct memory_cluster *cluster, struct memory_group *group,
                         struct memory_member *member);
TG_MUST_CHECK enum tg_code memory_group_check(struct memory_group *group, const char *member_id,
                                              int32_t generation, struct tg_error *reterr);

/* memory_group_offsets.c */
struct memory_group_metadata {
    struct tg_group_metadata base;
    char *group;
    char *member_id;
    int32_t generation;
};
bool memory_group_stable(const struct memory_group *group, const struct memory_partition *where);
const struct memory_committed *memory_group_committed(const struct memory_group *group,
                                                      const struct memory_partition *where);
void memory_group_commit(struct memory_cluster *cluster, struct memory_group *group,
                         const struct memory_committed *entry);
void memory_group_add_pending(struct memory_cluster *cluster, struct memory_group *group,
                              const struct memory_committed *entry);
/* Applies or drops what a transaction wrote. */
void memory_group_end_transaction(struct memory_group *group, int64_t producer_id, bool commit);
void memory_group_offsets_done(struct memory_group *group);
/* Fills `offsets`, waiting for open transactions. */
TG_MUST_CHECK enum tg_code memory_group_read(struct memory_cluster *cluster, struct memory_group *group,
                                             const struct tg_admin_offsets_request *request,
                                             struct tg_error *reterr);
enum tg_code memory_group_metadata(struct tg_consumer *base, struct tg_group_metadata **ret_metadata,
                                   struct tg_error *reterr);
enum tg_code memory_committed(struct tg_consumer *base, struct tg_offset *offsets, uint32_t count,
                              int timeout_ms, struct tg_arena *arena, struct tg_error *reterr);
enum tg_code memory_commit(struct tg_consumer *base, const struct tg_offset *offsets, uint32_t count,
                           struct tg_error *reterr);

/* ---- producers ---- */

struct memory_producer_topic {
    struct tg_producer_topic base;
    char *name;
    struct memory_topic *topic; /* as of topics_version; NULL: unknown */
    uint64_t topics_version;
    int64_t *delivered;
    size_t delivered_count;
    size_t delivered_capacity;
};

enum memory_producer_state { MEMORY_FRESH, MEMORY_READY, MEMORY_IN_TRANSACTION, MEMORY_MUST_ABORT };

struct memory_producer {
    struct tg_producer base;
    struct memory_cluster *cluster;
    struct memory_transactional *transactional; /* NULL: a plain producer */
    int64_t timeout_us;
    int16_t epoch;
    enum memory_producer_state state;
    bool began; /* the coordinator knows of this transaction */
    bool fatal; /* fenced: nothing works any more */
    struct tg_request_counts counts;
    enum tg_code delivery_code;
    struct tg_error delivery_error;
    struct memory_producer_topic **topics;
    size_t topic_count;
    size_t topic_capacity;
};

enum tg_code memory_open_producer(struct tg_cluster *base, const struct tg_producer_options *options,
                                  struct tg_producer **ret_producer, struct tg_error *reterr);
/* Fails, and marks the producer, if another instance with its transactional id was initialised. */
TG_MUST_CHECK enum tg_code memory_check_epoch(struct memory_producer *producer, struct tg_error *reterr);
enum tg_code memory_fail_wrong_state(const struct memory_producer *producer, const char *what,
                                     struct tg_error *reterr);

/* memory_transaction.c: the coordinator, and the producer's calls to it */
struct memory_transactional *memory_transactional_get(struct memory_cluster *cluster, const char *id);
void memory_transactional_free(struct memory_transactional *transactional);
void memory_transactional_tick(struct memory_cluster *cluster, struct memory_transactional *transactional,
                               int64_t now_us);
void memory_transactional_touch(struct memory_cluster *cluster, struct memory_producer *producer,
                                const struct memory_partition *where);
void memory_transactional_end(struct memory_cluster *cluster, struct memory_transactional *transactional,
                              bool commit);
enum tg_code memory_init_transactions(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
enum tg_code memory_begin(struct tg_producer *base, struct tg_error *reterr);
enum tg_code memory_send_offsets(struct tg_producer *base, const struct tg_send_offsets_request *request,
                                 struct tg_error *reterr);
enum tg_code memory_commit_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
enum tg_code memory_abort_transaction(struct tg_producer *base, int timeout_ms, struct tg_error *reterr);
void memory_request_counts(const struct tg_producer *base, struct tg_request_counts *ret_counts);

/* ---- admin (memory_admin.c) ---- */

enum tg_code memory_create_topic(struct tg_cluster *base, const struct tg_topic_spec *spec, int timeout_ms,
                                 struct tg_error *reterr);
enum tg_code memory_delete_topic(struct tg_cluster *base, const char *name, int timeout_ms,
                                 struct tg_error *reterr);
enum tg_code memory_topic_id(struct tg_cluster *base, const char *name, int timeout_ms, uint64_t *ret_id,
                             struct tg_error *reterr);
enum tg_code memory_partition_count(struct tg_cluster *base, const char *name, int timeout_ms,
                                    int32_t *ret_count, struct tg_error *reterr);
enum tg_code memory_list_topics(struct tg_cluster *base, int timeout_ms, struct tg_topic_list *list,
                                struct tg_error *reterr);
enum tg_code memory_topic_setting(struct tg_cluster *base, const struct tg_topic_setting_request *request,
                                  const char **ret_value, struct tg_error *reterr);
enum tg_code memory_delete_records(struct tg_cluster *base, const struct tg_offset *before, int timeout_ms,
                                   struct tg_error *reterr);
enum tg_code memory_list_offsets(struct tg_cluster *base, const struct tg_admin_offsets_request *request,
                                 struct tg_error *reterr);
enum tg_code memory_group_offsets(struct tg_cluster *base, const struct tg_admin_offsets_request *request,
                                  struct tg_error *reterr);
