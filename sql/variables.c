#include "sql/variables.h"

#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

struct variable {
    char *name;
    char *value;
};

struct tg_variables {
    struct tg_map *by_name; /* upper-case name -> struct variable */
};

/* Names have no case; the key's bytes are valid until the next call with the same buffer. */
static struct tg_slice fold(struct tg_slice name, struct tg_buffer *buffer)
{
    tg_buffer_clear(buffer);
    tg_buffer_append_slice(buffer, name);
    for (size_t i = 0; i < buffer->length; i++) {
        if (buffer->data[i] >= 'a' && buffer->data[i] <= 'z')
            buffer->data[i] = (uint8_t)(buffer->data[i] - 'a' + 'A');
    }
    return tg_buffer_slice(buffer);
}

static void free_variable(struct variable *variable)
{
    if (variable == NULL)
        return;
    tg_free(variable->name);
    tg_free(variable->value);
    tg_free(variable);
}

struct tg_variables *tg_variables_new(void)
{
    struct tg_variables *variables = tg_alloc(sizeof *variables);
    variables->by_name = tg_map_new();
    return variables;
}

void tg_variables_free(struct tg_variables *variables)
{
    if (variables == NULL)
        return;
    for (size_t i = 0; i < tg_map_count(variables->by_name); i++)
        free_variable(tg_map_value(variables->by_name, i));
    tg_map_free(variables->by_name);
    tg_free(variables);
}

void tg_variables_define(struct tg_variables *variables, struct tg_slice name, struct tg_slice value)
{
    struct variable *variable = tg_alloc(sizeof *variable);
    variable->name = tg_format("%.*s", TG_SLICE_FORMAT(name));
    variable->value = tg_format("%.*s", TG_SLICE_FORMAT(value));
    struct tg_buffer key = {0};
    free_variable(tg_map_put(variables->by_name, fold(name, &key), variable));
    tg_buffer_done(&key);
}

bool tg_variables_undefine(struct tg_variables *variables, struct tg_slice name)
{
    struct tg_buffer key = {0};
    struct variable *variable = tg_map_remove(variables->by_name, fold(name, &key));
    tg_buffer_done(&key);
    free_variable(variable);
    return variable != NULL;
}

const char *tg_variables_get(const struct tg_variables *variables, struct tg_slice name)
{
    struct tg_buffer key = {0};
    const struct variable *variable = tg_map_get(variables->by_name, fold(name, &key));
    tg_buffer_done(&key);
    return variable == NULL ? NULL : variable->value;
}

size_t tg_variables_count(const struct tg_variables *variables)
{
    return tg_map_count(variables->by_name);
}

static const struct variable *variable_at(const struct tg_variables *variables, size_t index)
{
    return tg_map_value(variables->by_name, index);
}

const char *tg_variables_name(const struct tg_variables *variables, size_t index)
{
    return variable_at(variables, index)->name;
}

const char *tg_variables_value(const struct tg_variables *variables, size_t index)
{
    return variable_at(variables, index)->value;
}

static const char *candidate_name(const void *context, size_t index)
{
    const struct tg_variables *variables = context;
    return index < tg_variables_count(variables) ? tg_variables_name(variables, index) : NULL;
}

const char *tg_variables_closest(const struct tg_variables *variables, const char *name)
{
    return tg_closest(name, candidate_name, variables);
}
