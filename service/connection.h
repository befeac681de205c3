/* service/connection.h: how commands reach a cluster: the options that say where it is, and the wait for a
 * broker. Thread: the main one. */
#pragma once

#include "base/log.h"
#include "base/properties.h"
#include "kafka/kafka.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of --config, --set, --log-level and --log-format. Errors: USAGE, CONFIG. */
TG_MUST_CHECK enum tg_code tg_connection_set_config(struct tg_properties *properties, const char *path,
                                                    struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_connection_set_setting(struct tg_properties *properties, const char *text,
                                                     struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_connection_set_log_level(const char *text, enum tg_log_level *ret_level,
                                                       struct tg_error *reterr);
TG_MUST_CHECK enum tg_code tg_connection_set_log_form(const char *text, enum tg_log_form *ret_form,
                                                      struct tg_error *reterr);

/* Opens the cluster of checked settings and waits for a broker, with a line in the log per attempt, for
 * turgo.connect.timeout.ms. The signals must be prepared (service/run_loop.h). Errors: CONFIG,
 * KAFKA_UNREACHABLE, SHUTDOWN, those of Kafka. *ret_cluster is NULL or to be closed, also after an error. */
TG_MUST_CHECK enum tg_code tg_connection_open(const struct tg_properties *properties,
                                              struct tg_cluster **ret_cluster, struct tg_error *reterr);

#ifdef __cplusplus
}
#endif
