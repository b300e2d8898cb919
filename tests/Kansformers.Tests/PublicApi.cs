using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Kansformers.Tests;

/// <summary>Renders what an assembly shows to its users: one line for each type and member, in an order that depends on their names alone.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    public static IEnumerable<string> Render(Assembly assembly)
    {
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            yield return Header(type);
            foreach (string line in Members(type).Order(StringComparer.Ordinal))
                yield return "    " + line;
        }
    }

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
            : (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " : type.IsSealed && !type.IsValueType ? "sealed " : "")
            + (type.GetMethod("PrintMembers", Declared) is null ? "" : "record ") + (type.IsValueType ? "struct" : "class");
        IEnumerable<Type> implemented = type.GetInterfaces().Where(one => one.IsVisible && !(type.BaseType?.GetInterfaces() ?? []).Contains(one));
        Type? inherited = type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType ? parent : null;
        string[] bases = [.. (inherited is null ? [] : new[] { inherited }).Concat(implemented.OrderBy(one => one.ToString(), StringComparer.Ordinal)).Select(one => Name(one))];
        string space = type.DeclaringType is { } outer ? outer.FullName!.Replace('+', '.') : type.Namespace!;
        return $"{kind} {space}.{Name(type)}" + (bases.Length == 0 || type.IsEnum ? "" : " : " + string.Join(", ", bases));
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => string.Create(CultureInfo.InvariantCulture, $"{field.Name} = {field.GetRawConstantValue()}"));
        IEnumerable<string> fields = type.GetFields(Declared).Where(Shown).Select(Field);
        IEnumerable<string> constructors = type.GetConstructors(Declared).Where(Shown).Select(made => $"new({Parameters(made)})");
        IEnumerable<string> properties = type.GetProperties(Declared).Where(property => property.GetAccessors(true).Any(Shown)).Select(Property);
        IEnumerable<string> events = type.GetEvents(Declared).Where(one => Shown(one.AddMethod!)).Select(one => $"{Static(one.AddMethod!)}event {Name(one.EventHandlerType!, Nullability.Create(one))} {one.Name}");
        IEnumerable<string> methods = type.GetMethods(Declared)
            .Where(method => Shown(method) && !IsGenerated(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)))
            .Select(method => $"{Static(method)}{Name(method.ReturnType, Nullability.Create(method.ReturnParameter))} {method.Name}{Generics(method)}({Parameters(method)})");
        return [.. fields, .. constructors, .. properties, .. events, .. methods];
    }

    private static bool Shown(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool Shown(FieldInfo field) => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly;

    // What the compiler adds to a record follows from its properties.
    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), false);

    private static string Static(MethodBase method) => method.IsStatic ? "static "
        : method.IsAbstract && !method.DeclaringType!.IsInterface ? "abstract "
        : method.IsVirtual && !method.IsFinal ? ((MethodInfo)method).GetBaseDefinition() != method ? "override " : "virtual "
        : "";

    private static string Field(FieldInfo field) =>
        (field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : ""))
        + $"{Name(field.FieldType, Nullability.Create(field))} {field.Name}" + (field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "");

    private static string Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(true).Where(Shown)];
        bool init = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string access = string.Join(" ", accessors.Select(accessor => accessor == property.GetMethod ? "get;" : init ? "init;" : "set;").Order(StringComparer.Ordinal));
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string index = property.GetIndexParameters() is { Length: > 0 } parameters ? $"[{string.Join(", ", parameters.Select(Parameter))}]" : "";
        return $"{required}{Static(accessors[0])}{Name(property.PropertyType, Nullability.Create(property))} {property.Name}{index} {{ {access} }}";
    }

    private static string Parameters(MethodBase method) =>
        (method.IsDefined(typeof(ExtensionAttribute), false) ? "this " : "") + string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        string way = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "";
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "";
        return $"{way}{Name(parameter.ParameterType, Nullability.Create(parameter))} {parameter.Name}{value}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool yes => yes ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Generics(MethodInfo method) => method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(one => one.Name))}>" : "";

    private static string Name(Type type, NullabilityInfo? nullable = null)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!, nullable);
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        string mark = !type.IsValueType && nullable?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!, nullable?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        string[] arguments = [.. type.GetGenericArguments().Select((argument, at) => Name(argument, nullable?.GenericTypeArguments.ElementAtOrDefault(at)))];
        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
            return $"({string.Join(", ", arguments)})";
        return (Keywords.GetValueOrDefault(type) ?? type.Name.Split('`')[0]) + (arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments)}>") + mark;
    }
}
