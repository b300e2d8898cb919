Console.WriteLine("golden");
