/* expr/program_write.c: a program as text, one line per step, for EXPLAIN. */
#include "expr/internal.h"
#include "expr/program_internal.h"

static void write_inputs(const struct tg_program *program, struct tg_buffer *out)
{
    for (uint32_t i = 0; i < program->register_count; i++) {
        const struct tg_register *reg = &program->registers[i];
        struct tg_expr literal = {.kind = TG_EXPR_LITERAL, .type = reg->type};
        switch (reg->source) {
        case TG_REGISTER_COLUMN:
            tg_buffer_printf(out, "r%u = column %s\n", i, program->schema->columns[reg->index].name);
            break;
        case TG_REGISTER_LITERAL:
            tg_buffer_printf(out, "r%u = constant ", i);
            literal.literal = *reg->literal;
            tg_expr_write(&literal, out);
            tg_buffer_append_byte(out, '\n');
            break;
        case TG_REGISTER_INPUT:
            tg_buffer_printf(out, "r%u = parameter %u\n", i, reg->index + 1);
            break;
        case TG_REGISTER_CAPTURE:
            tg_buffer_printf(out, "r%u = outer r%u\n", i, reg->base);
            break;
        case TG_REGISTER_OWN:
        case TG_REGISTER_FIELD:
            break;
        }
    }
}

static void write_step(const struct tg_program *program, const struct tg_step *step, struct tg_buffer *out)
{
    if (step->run == tg_step_split) {
        if (step->when_true != TG_REGISTER_NONE)
            tg_buffer_printf(out, "s%u = rows where r%u", step->when_true, step->arguments[0]);
        if (step->when_true != TG_REGISTER_NONE && step->when_false != TG_REGISTER_NONE)
            tg_buffer_append_text(out, ", ");
        if (step->when_false != TG_REGISTER_NONE)
            tg_buffer_printf(out, "s%u = rows where not r%u", step->when_false, step->arguments[0]);
    } else {
        tg_buffer_printf(out, "r%u = %s(", step->result, step->name);
        tg_type_write(program->registers[step->result].type, out);
        tg_buffer_append_byte(out, ')');
        for (uint32_t i = 0; i < step->argument_count; i++) {
            tg_buffer_append_text(out, i > 0 ? ", " : " ");
            if (step->arguments[i] == TG_REGISTER_NONE)
                tg_buffer_printf(out, "lambda %u", step->lambdas[i]);
            else
                tg_buffer_printf(out, "r%u", step->arguments[i]);
        }
        if (step->run == tg_step_field)
            tg_buffer_printf(out, " field %u", program->registers[step->result].index);
    }
    if (step->selection != 0)
        tg_buffer_printf(out, " for s%u", step->selection);
    tg_buffer_append_byte(out, '\n');
}

static void write_program(const struct tg_program *program, struct tg_buffer *out, const char *result)
{
    write_inputs(program, out);
    for (uint32_t i = 0; i < program->constant_count; i++) {
        tg_buffer_append_text(out, "once ");
        write_step(program, &program->constants[i], out);
    }
    for (uint32_t i = 0; i < program->step_count; i++)
        write_step(program, &program->steps[i], out);
    for (uint32_t i = 0; i < program->expression_count; i++)
        tg_buffer_printf(out, "%s %u = r%u\n", result, i, program->results[i]);
    for (uint32_t i = 0; i < program->lambda_count; i++) {
        tg_buffer_printf(out, "lambda %u:\n", i);
        write_program(program->lambdas[i], out, "body");
    }
}

void tg_program_write(const struct tg_program *program, struct tg_buffer *out)
{
    write_program(program, out, "result");
}
