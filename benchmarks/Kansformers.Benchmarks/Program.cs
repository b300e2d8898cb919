using BenchmarkDotNet.Running;

// dotnet run -c Release --project benchmarks/Kansformers.Benchmarks -- --filter '*'
//
// In this process: a project that BenchmarkDotNet generates would copy libtorch's 0.5 GB for every job.
// A short job (3 warm-ups, 3 measurements) unless another one is named: --job medium has tighter errors, --job dry only tries.
//
// dotnet run -c Release --project benchmarks/Kansformers.Benchmarks -- laws
//
// measures no time, but what fits of scaling laws can be trusted with;
//
// dotnet run -c Release --project benchmarks/Kansformers.Benchmarks -- width-rule benchmarks/scale/width-rule.results.json
//
// prints the losses of a ladder's results by model and width.
if (args is [WidthRuleTable.Verb, .. string[] files])
    return WidthRuleTable.Run(files);
if (args is [ScalingLaws.Verb, .. string[] others])
    return ScalingLaws.Run(others);
string[] job = args.Any(arg => arg is "-j" or "--job") ? [] : ["--job", "short"];
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run([.. args, .. job, "--inProcess"]);
return 0;
