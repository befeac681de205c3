/*
 * Default options and suppressions of the sanitizers, linked into every program of a sanitizer build, so that
 * a test started by hand behaves like one started by ctest. Called by the sanitizer's start-up code before
 * main.
 *
 * Suppressions name third-party code that is not compiled with the sanitizer, never ours.
 */

const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);
const char *__tsan_default_suppressions(void);

const char *__asan_default_options(void)
{
    return "detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:"
           "detect_leaks=1:allocator_may_return_null=1:abort_on_error=0:color=never";
}

const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto\n";
}

const char *__ubsan_default_options(void)
{
    return "print_stacktrace=1:halt_on_error=1";
}

const char *__tsan_default_options(void)
{
    return "halt_on_error=1:second_deadlock_stack=1:history_size=4:color=never";
}

const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:librocksdb\n"
           "race:rocksdb::\n"
           "called_from_lib:libstdc++\n" /* RocksDB's threads pass texts on; ours is C */
           "called_from_lib:libjemalloc\n"
           "called_from_lib:libcrypto\n"
           "called_from_lib:libssl\n";
}
