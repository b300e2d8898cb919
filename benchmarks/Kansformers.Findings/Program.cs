using Kansformers.Findings;

return FindingsProgram.Run(args, Scale.Full, Console.Out, Console.Error);
