/* Feeds a schema to the parser of Avro schemas, and a record written by it to AVRO's decoder: see
 * by_schema.h. */
#include "fuzz/by_schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    run_by_schema("AVRO", TG_REGISTRY_AVRO, data, size);
    return 0;
}
