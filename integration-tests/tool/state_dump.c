/* state_dump DIRECTORY: what the RocksDB database of a state directory holds, for the tests that compare it
 * with the changelogs. The database is opened read-only, beside state/, whose code is what is checked: the
 * form of keys and values is the one in state/database.h. Lines, tab-separated, bytes in hex:
 *
 *   store NAME ID
 *   meta ID PARTITION CHANGELOG-OFFSET
 *   row ID PARTITION KEY ROWTIME VALUE
 */
#include <endian.h>
#include <inttypes.h>
#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    const unsigned char *data;
    size_t length;
};

static uint32_t number32(const unsigned char *data)
{
    uint32_t value;
    memcpy(&value, data, sizeof value);
    return be32toh(value);
}

static int64_t number64(const unsigned char *data)
{
    uint64_t value;
    memcpy(&value, data, sizeof value);
    return (int64_t)be64toh(value);
}

static void print_hex(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        printf("%02x", bytes.data[i]);
}

static void print_entry(struct bytes key, struct bytes value)
{
    uint32_t store = key.length >= 8 ? number32(key.data) : 0,
             partition = key.length >= 8 ? number32(key.data + 4) : 0;
    if (store == 0 && partition == 1 && value.length == 4) {
        printf("store\t%.*s\t%" PRIu32 "\n", (int)key.length - 8, (const char *)key.data + 8,
               number32(value.data));
    } else if (store != 0 && key.length == 9 && key.data[8] == 0 && value.length >= 18) {
        printf("meta\t%" PRIu32 "\t%" PRIu32 "\t%" PRId64 "\n", store, partition, number64(value.data + 10));
    } else if (store != 0 && key.length >= 9 && key.data[8] == 1 && value.length >= 8) {
        printf("row\t%" PRIu32 "\t%" PRIu32 "\t", store, partition);
        print_hex((struct bytes){key.data + 9, key.length - 9});
        printf("\t%" PRId64 "\t", number64(value.data));
        print_hex((struct bytes){value.data + 8, value.length - 8});
        putchar('\n');
    }
}

static void stop_at(const char *directory, const char *message)
{
    if (message == NULL)
        return;
    fprintf(stderr, "state_dump: %s: %s\n", directory, message);
    exit(1);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: state_dump DIRECTORY\n");
        return 2;
    }
    char *message = NULL;
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_t *database = rocksdb_open_for_read_only(options, arguments[1], 0, &message);
    stop_at(arguments[1], message);
    rocksdb_readoptions_t *read = rocksdb_readoptions_create();
    rocksdb_iterator_t *iterator = rocksdb_create_iterator(database, read);
    for (rocksdb_iter_seek_to_first(iterator); rocksdb_iter_valid(iterator) != 0;
         rocksdb_iter_next(iterator)) {
        struct bytes key, value;
        key.data = (const unsigned char *)rocksdb_iter_key(iterator, &key.length);
        value.data = (const unsigned char *)rocksdb_iter_value(iterator, &value.length);
        print_entry(key, value);
    }
    rocksdb_iter_get_error(iterator, &message);
    stop_at(arguments[1], message);
    rocksdb_iter_destroy(iterator);
    rocksdb_readoptions_destroy(read);
    rocksdb_close(database);
    rocksdb_options_destroy(options);
    return 0;
}
