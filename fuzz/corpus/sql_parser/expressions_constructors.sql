SELECT ARRAY[], ARRAY[1, A], MAP(), MAP('k' := 1, 'l' := A), STRUCT(), STRUCT(F := 1, `g` := 2) FROM S;
