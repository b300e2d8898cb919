using System.Globalization;
using Kansformers.Formulas;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
return FormulasProgram.Run(args, Console.Out, Console.Error);
