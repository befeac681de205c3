SELECT A.*, B->*, `x`.* FROM A;
