/*
 * tools/tidy_model.h: what clang-tidy cannot see across files, included before every file it reads
 * (base/error.c excepted): the functions that fill an error never return TG_OK. Without it every path after a
 * failure looks like one after a success.
 */
#pragma once

#include "base/error.h"

#define TIDY_FAILURE(call)                                                                                   \
    ({                                                                                                       \
        enum tg_code failure_ = (call);                                                                      \
        if (failure_ == TG_OK)                                                                               \
            __builtin_unreachable();                                                                         \
        failure_;                                                                                            \
    })

#define tg_fail(...) TIDY_FAILURE((tg_fail)(__VA_ARGS__))
#define tg_fail_at(...) TIDY_FAILURE((tg_fail_at)(__VA_ARGS__))
#define tg_fail_hint(...) TIDY_FAILURE((tg_fail_hint)(__VA_ARGS__))
#define tg_fail_context(...) TIDY_FAILURE((tg_fail_context)(__VA_ARGS__))
