--@test: first
/* --@x */ PAUSE a; --@expected.error: X
ASSERT VALUES a VALUES (1);
