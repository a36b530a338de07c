select n as value from delivered
