/* service/version.h: the version of the program. */
#pragma once

#define TG_VERSION "0.1.0"
