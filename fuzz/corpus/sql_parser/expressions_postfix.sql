SELECT A[1]->B['k'][-1]->`c`, (A || B)[1], F(X)->Y FROM S;
