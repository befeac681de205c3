ALTER SYSTEM 'a'='b';
