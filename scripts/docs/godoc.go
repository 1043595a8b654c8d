// Prints the exported names of a Go package with their docstrings, as Markdown.
package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/token"
	"log"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	files := token.NewFileSet()
	pkg, err := load(files, os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	page := &page{pkg: pkg, files: files}
	page.text(pkg.Doc)
	page.values("Constants", pkg.Consts)
	page.values("Variables", pkg.Vars)
	page.functions("## Functions", pkg.Funcs)
	if len(pkg.Types) > 0 {
		fmt.Print("## Types\n\n")
	}
	for _, each := range pkg.Types {
		fmt.Printf("### %s\n\n", each.Name)
		page.docstring(each.Name, each.Doc)
		page.fields(each.Name, each.Decl)
		page.code(each.Decl)
		page.values("", each.Consts)
		page.values("", each.Vars)
		page.functions("", each.Funcs)
		page.functions("", each.Methods)
	}
	if len(page.undocumented) > 0 {
		log.Fatalf("without a docstring: %s", strings.Join(page.undocumented, ", "))
	}
}

func load(files *token.FileSet, folder string) (*doc.Package, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var sources []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		sources = append(sources, source)
	}
	return doc.NewFromFiles(files, sources, folder)
}

type page struct {
	pkg          *doc.Package
	files        *token.FileSet
	undocumented []string
}

// docstring prints the text of an exported name, which must have one.
func (p *page) docstring(name, docstring string) {
	if strings.TrimSpace(docstring) == "" {
		p.undocumented = append(p.undocumented, name)
	}
	p.text(docstring)
}

func (p *page) text(docstring string) {
	printer := p.pkg.Printer()
	printer.HeadingLevel = 4
	printer.DocLinkURL = func(*comment.DocLink) string { return "" }
	if text := strings.TrimSpace(string(printer.Markdown(p.pkg.Parser().Parse(docstring)))); text != "" {
		fmt.Printf("%s\n\n", text)
	}
}

// specs notes the values of a group without a docstring that have none of their own.
func (p *page) specs(group *ast.GenDecl) {
	for _, each := range group.Specs {
		if spec, ok := each.(*ast.ValueSpec); ok && spec.Doc == nil && spec.Comment == nil {
			p.undocumented = append(p.undocumented, spec.Names[0].Name)
		}
	}
}

// fields notes the exported fields of a struct that have no docstring.
func (p *page) fields(owner string, declaration *ast.GenDecl) {
	for _, each := range declaration.Specs {
		spec, ok := each.(*ast.TypeSpec)
		if !ok {
			continue
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range fields.Fields.List {
			if field.Doc != nil || field.Comment != nil {
				continue
			}
			for _, name := range field.Names {
				p.undocumented = append(p.undocumented, owner+"."+name.Name)
			}
		}
	}
}

func (p *page) code(declaration ast.Node) {
	fmt.Print("```go\n")
	if function, ok := declaration.(*ast.FuncDecl); ok {
		function.Body = nil
	}
	if err := format.Node(os.Stdout, p.files, declaration); err != nil {
		log.Fatal(err)
	}
	fmt.Print("\n```\n\n")
}

func (p *page) values(title string, values []*doc.Value) {
	if title != "" && len(values) > 0 {
		fmt.Printf("## %s\n\n", title)
	}
	for _, each := range values {
		if each.Doc == "" {
			p.specs(each.Decl)
		}
		p.text(each.Doc)
		p.code(each.Decl)
	}
}

func (p *page) functions(title string, functions []*doc.Func) {
	if title != "" && len(functions) > 0 {
		fmt.Printf("%s\n\n", title)
	}
	for _, each := range functions {
		name := each.Name
		if each.Recv != "" {
			name = strings.TrimPrefix(each.Recv, "*") + "." + name
		}
		fmt.Printf("#### %s\n\n", name)
		p.docstring(name, each.Doc)
		p.code(each.Decl)
	}
}
