SELECT A->B->*, F(X)[1]->* FROM A;
