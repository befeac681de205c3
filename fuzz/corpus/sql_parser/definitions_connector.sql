CREATE SOURCE CONNECTOR IF NOT EXISTS `jdbc` WITH ("connector.class"='x', 'tasks.max'=1, NAME=NULL);
