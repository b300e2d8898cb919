Console.WriteLine("kansformers");
