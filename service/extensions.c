#include "service/extensions.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "expr/extension.h"

static int is_object(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 3 && strcmp(entry->d_name + length - 3, ".so") == 0;
}

TG_MUST_CHECK static enum tg_code load_object(const char *path, struct tg_error *reterr)
{
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        return tg_fail(reterr, TG_CODE_CONFIG, "the extension cannot be loaded: %s", dlerror());
    const struct tg_extension *extension = (const struct tg_extension *)dlsym(object, "tg_extension");
    enum tg_code code = TG_OK;
    if (extension == NULL)
        code = tg_fail(reterr, TG_CODE_CONFIG, "it exports no 'tg_extension', so it is no extension");
    else
        code = tg_extension_check(extension, reterr);
    if (code != TG_OK) {
        (void)dlclose(object);
        return tg_fail_context(reterr, "extension %s", path);
    }
    tg_functions_extend(extension->functions); /* the object stays: plans point into it */
    return TG_OK;
}

enum tg_code tg_extensions_load(const char *directory, struct tg_error *reterr)
{
    static char *loaded; /* a process has one directory */
    struct dirent **entries = NULL;
    if (loaded != NULL && strcmp(loaded, directory) == 0)
        return TG_OK;
    int count = scandir(directory, &entries, is_object, alphasort);
    if (count < 0)
        return tg_fail(reterr, TG_CODE_IO, "the directory of extensions '%s' cannot be read: %s", directory,
                       strerror(errno));
    enum tg_code code = TG_OK;
    for (int i = 0; i < count; i++) {
        char *path = tg_format("%s/%s", directory, entries[i]->d_name);
        if (code == TG_OK)
            code = load_object(path, reterr);
        tg_free(path);
        free(entries[i]); /* scandir's own memory */
    }
    free(entries);
    if (code == TG_OK) {
        tg_free(loaded);
        loaded = tg_strdup(directory);
    }
    return code;
}
