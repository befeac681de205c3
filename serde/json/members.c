/* Objects into rows of columns: members written as in the object before are known by one comparison each, the
 * others are looked up by name. */
#include "serde/json/plain.h"
#include "serde/json/read.h"

/* An object on its way into a row. */
struct object {
    struct tg_json_fields *fields;
    struct tg_column *const *columns; /* NULL: only checked */
    uint32_t row;
    uint32_t number;       /* of tg_json_fields_begin */
    uint32_t found;        /* fields that had a member */
    uint32_t position;     /* of the next member */
    int32_t field;         /* AT_VALUE: whose value it is */
    bool roomy;            /* its text is long enough for plain forms */
    const uint8_t *behind; /* the value before; first: the bracket and white space */
};

enum place { AT_NAME, AT_VALUE, BEHIND_VALUE, BEHIND_OBJECT };

/* The value at `at` in its plain form; NULL: it has another, `at` is where the full way begins. */
static inline const uint8_t *take_plain(const struct object *object, const struct tg_json_step *step,
                                        const uint8_t *at, const uint8_t *end)
{
    struct tg_column *column =
        object->columns == NULL || step->field < 0 ? NULL : object->columns[step->field];
    struct tg_slice text;
    int64_t value;
    if (step->plain == TG_JSON_PLAIN_TEXT || (step->plain == TG_JSON_PLAIN_ANY && *at == '"')) {
        at = object->roomy ? tg_json_plain_string(at, end, &text) : NULL;
        if (at == NULL || column == NULL)
            return at;
        column->values.bytes[object->row] = text;
    } else if (step->plain != TG_JSON_PLAIN_NONE) {
        at = tg_json_plain_integer(at, end, &value);
        if (at == NULL || column == NULL)
            return at;
        if (step->plain == TG_JSON_PLAIN_INT64)
            column->values.int64[object->row] = value;
        else
            column->values.int32[object->row] = (int32_t)(uint32_t)value; /* the low bits count */
    } else {
        return NULL;
    }
    column->valid[object->row] = 1;
    return at;
}

static void mark_seen(const struct object *object, uint32_t from)
{
    const struct tg_json_step *steps = object->fields->layout.steps;
    for (uint32_t i = from; i < object->position; i++)
        if (steps[i].field >= 0)
            object->fields->seen[steps[i].field] = object->number;
}

/* Takes members from object->behind on as long as they are as in the object before and have plain values. */
static inline enum place take_steps(struct tg_json_cursor *cursor, struct object *object)
{
    const struct tg_json_layout *layout = &object->fields->layout;
    const uint8_t *end = cursor->end;
    const uint8_t *at = object->behind;
    uint32_t first = object->position;
    uint32_t position = first;
    enum place place = BEHIND_VALUE;
    for (; position < layout->count; position++) {
        const struct tg_json_step *step = &layout->steps[position];
        if (!tg_json_begins(&step->prefix, at, end))
            break;
        const uint8_t *value = at + step->prefix.length;
        const uint8_t *behind = take_plain(object, step, value, end);
        if (behind != NULL) {
            at = behind;
            continue;
        }
        if (*value <= ' ')
            break; /* more white space than there was before */
        object->field = step->field;
        place = AT_VALUE;
        at = value;
        break;
    }
    object->position = position;
    object->behind = at;
    cursor->at = at;
    if (position > first) {
        object->found = layout->steps[position - 1].found;
        if (object->found == object->fields->count && at < end && *at == '}') {
            cursor->at++;
            cursor->depth--;
            return BEHIND_OBJECT;
        }
        mark_seen(object, first);
    }
    return position == 0 && place == BEHIND_VALUE ? AT_NAME : place;
}

/* The value at the cursor is the field's. */
static enum tg_json_outcome read_field(struct tg_json_reader *reader, struct object *object, int32_t field)
{
    struct tg_json_fields *fields = object->fields;
    object->position++;
    if (field == TG_JSON_FIELD_NONE)
        return tg_json_skip(&reader->cursor) ? TG_JSON_READ : TG_JSON_MALFORMED;
    fields->seen[field] = object->number;
    object->found++;
    struct tg_column *column = object->columns == NULL ? NULL : object->columns[field];
    enum tg_json_outcome outcome =
        tg_json_read_value(reader, &fields->fields[field].node, column, object->row);
    return outcome == TG_JSON_READ ? outcome
                                   : tg_json_fail_in_member(reader, fields->fields[field].name, outcome);
}

/* The member at the cursor, whose name is looked up, and its text remembered for the next object. */
static enum tg_json_outcome read_member(struct tg_json_reader *reader, struct object *object)
{
    struct tg_json_fields *fields = object->fields;
    struct tg_json_string name;
    bool exact;
    if (!tg_json_member(&reader->cursor, &name))
        return TG_JSON_MALFORMED;
    int32_t field = tg_json_fields_find(fields, tg_json_text(reader, &name), &exact);
    if (field != TG_JSON_FIELD_NONE && fields->seen[field] == object->number)
        return TG_JSON_TWICE;
    if (name.escaped) {
        tg_json_layout_end(&fields->layout, object->position);
    } else {
        const struct tg_json_step step = {.field = field,
                                          .plain = field == TG_JSON_FIELD_NONE
                                                       ? TG_JSON_PLAIN_ANY
                                                       : tg_json_plain_of(fields->fields[field].node.kind)};
        tg_json_layout_note(&fields->layout, object->position,
                            tg_slice_of(object->behind, (size_t)(reader->cursor.at - object->behind)), &step);
    }
    return read_field(reader, object, field);
}

static void set_missing_null(const struct object *object)
{
    for (uint32_t i = 0; i < object->fields->count; i++)
        if (object->fields->seen[i] != object->number)
            tg_json_set_null(object->columns[i], object->row);
}

enum tg_json_outcome tg_json_read_members(struct tg_json_reader *reader, struct tg_json_fields *fields,
                                          struct tg_column *const *columns, uint32_t row)
{
    if (reader->careful)
        return tg_json_read_members_careful(reader, fields, columns, row);
    struct tg_json_cursor *cursor = &reader->cursor;
    bool empty;
    if (!tg_json_open(cursor, &empty))
        return TG_JSON_MALFORMED;
    struct object object = {.fields = fields,
                            .columns = columns,
                            .row = row,
                            .number = tg_json_fields_begin(fields),
                            .roomy = cursor->end - cursor->begin >= TG_JSON_BYTES_ROOM,
                            .behind = cursor->at};
    enum place place = empty ? BEHIND_OBJECT : take_steps(cursor, &object);
    while (place != BEHIND_OBJECT) {
        if (place == BEHIND_VALUE) {
            bool more;
            if (!tg_json_next(cursor, '}', &more))
                return TG_JSON_MALFORMED;
            place = more ? AT_NAME : BEHIND_OBJECT;
            continue;
        }
        enum tg_json_outcome outcome =
            place == AT_VALUE ? read_field(reader, &object, object.field) : read_member(reader, &object);
        if (outcome != TG_JSON_READ)
            return outcome;
        object.behind = cursor->at;
        place = take_steps(cursor, &object);
    }
    if (object.found < fields->count && columns != NULL)
        set_missing_null(&object);
    return TG_JSON_READ;
}
