namespace Kansformers.Tests.Text;

/// <summary>Tokenizer files small enough to read.</summary>
internal static class TinyTokenizer
{
    public const string WordPieces = """
        {"version":"1.0","truncation":null,"padding":null,
         "added_tokens":[{"id":0,"content":"[UNK]","special":true},{"id":1,"content":"[CLS]","special":true},{"id":2,"content":"[SEP]","special":true},
          {"id":13,"content":"[MASK]","lstrip":true,"rstrip":false,"single_word":false,"normalized":false,"special":true},
          {"id":14,"content":"ab","single_word":true,"normalized":true,"special":false}],
         "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
         "pre_tokenizer":{"type":"BertPreTokenizer"},
         "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
          "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}],
          "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[2],"tokens":["[SEP]"]}}},
         "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":8,
          "vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"play":3,"##ing":4,"##s":5,"cafe":6,",":7,".":8,"the":9,"σ":10,"##σ":11,"中":12}}}
        """;

    public const string Pairs = """
        {"added_tokens":[{"id":9,"content":"</s>","special":true,"rstrip":true}],"normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
         "pre_tokenizer":null,"post_processor":{"type":"RobertaProcessing","sep":["</s>",9],"cls":["</s>",9]},
         "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
         "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
          "vocab":{"<unk>":0,"▁":1,"a":2,"b":3,"ab":4,"▁ab":5,"<0xC3>":6,"<0xA9>":7,"▁a":8},"merges":["a b",["▁","ab"],"▁ a"]}}
        """;
}
