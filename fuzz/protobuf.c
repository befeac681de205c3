/* Feeds a schema to the bridge to libprotobuf, and a record written by it to PROTOBUF's decoder: see
 * by_schema.h. */
#include "fuzz/by_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_by_schema("PROTOBUF", TG_REGISTRY_PROTOBUF, data, size);
    return 0;
}
