/*
 * Feeds every file of the folders named on the command line to a fuzz target, in the order of their names, so
 * that what fuzzing once found stays found. Fails on a crash, a sanitizer's finding, or a folder without
 * files.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_BYTES = 4096, INPUT_BYTES_MAX = 1 << 20 };

/* The bytes are copied to a block of their exact size, where the address sanitizer sees every read past the
 * end. */
static int replay_file(const char *path, uint8_t *room)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t size = fread(room, 1, INPUT_BYTES_MAX, file);
    (void)fclose(file);

    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (!exact) {
        abort();
    }
    memcpy(exact, room, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

static int replay_folder(const char *folder, uint8_t *room)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        perror(folder);
        return 1;
    }
    int failed = 0;
    int fed = 0;
    for (int i = 0; i < count; i++) {
        if (entries[i]->d_name[0] != '.') {
            char path[PATH_BYTES];
            (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            failed |= replay_file(path, room);
            fed++;
        }
        free(entries[i]);
    }
    free(entries);
    printf("%s: %d files\n", folder, fed);
    return failed || fed == 0;
}

int main(int argc, char **argv)
{
    int failed = argc < 2;
    uint8_t *room = malloc(INPUT_BYTES_MAX);
    if (!room) {
        abort();
    }
    for (int i = 1; i < argc; i++) {
        failed |= replay_folder(argv[i], room);
    }
    free(room);
    return failed;
}
