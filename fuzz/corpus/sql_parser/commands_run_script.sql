RUN SCRIPT '/a b.sql';
