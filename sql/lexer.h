/* sql/lexer.h: SQL text to tokens, one at a time; a lexer is a small value, so a copy of it is a look-ahead.
 * Ownership: token texts live in the arena or in the text, which must outlive them. Thread: its owner's. */
#pragma once

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tg_variables; /* sql/variables.h */

enum tg_token_kind {
    TG_TOKEN_BAD,         /* what the lexer refused: the parser keeps its error */
    TG_TOKEN_END,         /* of the text */
    TG_TOKEN_NAME,        /* an unquoted identifier, and no keyword */
    TG_TOKEN_QUOTED_NAME, /* `x` or "x" */
    TG_TOKEN_STRING,
    TG_TOKEN_INTEGER, /* 12; from a variable also -12 */
    TG_TOKEN_DECIMAL, /* 1.5 */
    TG_TOKEN_DOUBLE,  /* 1.5e0 */
    TG_TOKEN_SEMICOLON,
    TG_TOKEN_COMMA,
    TG_TOKEN_DOT,
    TG_TOKEN_LEFT_PAREN,
    TG_TOKEN_RIGHT_PAREN,
    TG_TOKEN_LEFT_BRACKET,
    TG_TOKEN_RIGHT_BRACKET,
    TG_TOKEN_EQUAL,
    TG_TOKEN_NOT_EQUAL, /* <> and != */
    TG_TOKEN_LESS,
    TG_TOKEN_LESS_EQUAL,
    TG_TOKEN_GREATER,
    TG_TOKEN_GREATER_EQUAL,
    TG_TOKEN_PLUS,
    TG_TOKEN_MINUS,
    TG_TOKEN_STAR,
    TG_TOKEN_SLASH,
    TG_TOKEN_PERCENT,
    TG_TOKEN_CONCAT,       /* || */
    TG_TOKEN_ASSIGN,       /* := */
    TG_TOKEN_ARROW,        /* -> */
    TG_TOKEN_LAMBDA_ARROW, /* => */
    TG_TOKEN_FIRST_WORD,   /* keywords from here on */
    TG_TOKEN_BEFORE_WORDS = TG_TOKEN_FIRST_WORD - 1,
#define X(word, use) TG_WORD_##word,
#include "sql/keywords.inc"
#undef X
    TG_TOKEN_KIND_COUNT
};

struct tg_token {
    enum tg_token_kind kind;
    struct tg_place place; /* without line and column */
    struct tg_slice
        text; /* names: as looked up (upper case unless quoted); strings: unescaped; else as written */
};

struct tg_lexer {
    struct tg_arena *arena; /* unescaped texts go here */
    struct tg_slice text;
    size_t offset;                        /* of what comes next */
    const struct tg_variables *variables; /* for ${name}; NULL: not replaced */
};

/* Errors: SYNTAX with place, line and column (unterminated string or comment: where it began; stray
 * character; undefined variable). After an error the lexer must not be used further. */
TG_MUST_CHECK enum tg_code tg_lexer_next(struct tg_lexer *lexer, struct tg_token *ret_token,
                                         struct tg_error *reterr);

enum tg_keyword_use {
    TG_KEYWORD_FREE,     /* may be a name */
    TG_KEYWORD_RESERVED, /* may be a name only in quotes */
    TG_KEYWORD_CLAUSE,   /* reserved, and so much part of the grammar that nobody means it as a name */
};

bool tg_token_is_word(enum tg_token_kind kind);
enum tg_keyword_use tg_keyword_use(enum tg_token_kind word);
const char *tg_keyword_text(enum tg_token_kind word); /* "SELECT" */
/* The keyword spelled `text` in any case, or TG_TOKEN_NAME. */
enum tg_token_kind tg_keyword_find(struct tg_slice text);
/* "','", "FROM", "a string": for "expected ..." */
const char *tg_token_describe(enum tg_token_kind kind);

#ifdef __cplusplus
}
#endif
