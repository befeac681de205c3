SELECT A -- a comment; with ' quote
, /* and
 * another; */ B FROM S -- the end;
