select a b, c as d from s as t;
