/* base/header.h: a name with a value, both borrowed bytes: how record headers travel between folders. */
#pragma once

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_header {
    struct tg_slice name;
    struct tg_slice value; /* data NULL: the header has no value */
};

#ifdef __cplusplus
}
#endif
