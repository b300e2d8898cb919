using Kansformers.Cli;

return CommandLineApp.Run(args);
